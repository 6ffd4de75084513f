# sl_add_plugin(NAME SOURCES files… [LIBS libraries…] [CASES files or folders…]): NAME.so, a plugin of C or C++. The same function in
# the tree of Sluice and, through find_package(sluice), out of it. Headers, flags, one exported symbol, a look into what was built
# (check-so), an install rule, and each *.case of CASES as a test case.<its name> that runs the program with this plugin: for those,
# say enable_testing() in the top folder.
#
# It goes by variables that the tree and sluiceConfig.cmake set: SLUICE_INCLUDE_DIR, SLUICE_PROGRAM, SLUICE_RUN_CASE, SLUICE_CHECK_SO,
# SLUICE_PLUGIN_INSTALL_DIR (empty: no install rule), and in the tree SLUICE_PLUGIN_DIR, where the program there finds its plugins.
set(SLUICE_PLUGIN_MAP ${CMAKE_CURRENT_LIST_DIR}/plugin.map)

function(sl_add_plugin name)
  cmake_parse_arguments(A "" "" "SOURCES;LIBS;CASES" ${ARGN})
  if(A_UNPARSED_ARGUMENTS OR A_KEYWORDS_MISSING_VALUES OR NOT A_SOURCES)
    message(FATAL_ERROR "sl_add_plugin(${name} SOURCES files… [LIBS libraries…] [CASES files or folders…]); got: ${ARGN}")
  endif()
  add_library(${name} MODULE ${A_SOURCES})
  target_include_directories(${name} PRIVATE ${SLUICE_INCLUDE_DIR})
  target_link_libraries(${name} PRIVATE ${A_LIBS})
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
                        VISIBILITY_INLINES_HIDDEN ON LINK_DEPENDS ${SLUICE_PLUGIN_MAP})
  if(SLUICE_PLUGIN_DIR)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${SLUICE_PLUGIN_DIR})
  endif()
  if(NOT CMAKE_C_STANDARD)
    set_target_properties(${name} PROPERTIES C_STANDARD 17)
  endif()
  if(NOT CMAKE_CXX_STANDARD)
    set_target_properties(${name} PROPERTIES CXX_STANDARD 17)
  endif()
  target_compile_options(${name} PRIVATE -Wall -Wextra $<$<CONFIG:>:-O2>) # no build type given: fast rather than slow
  # Hidden visibility does not reach what standard headers and static libraries bring; the map and exclude-libs do.
  target_link_options(${name} PRIVATE -Wl,-z,nodelete,-z,noexecstack,--exclude-libs,ALL -Wl,--version-script=${SLUICE_PLUGIN_MAP})
  if(NOT SLUICE_SANITIZE AND NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize")
    target_link_options(${name} PRIVATE -Wl,-z,defs) # sanitizers leave their runtime undefined
  endif()
  add_custom_command(TARGET ${name} POST_BUILD COMMAND ${SLUICE_CHECK_SO} $<TARGET_FILE:${name}> VERBATIM)
  if(SLUICE_PLUGIN_INSTALL_DIR)
    install(TARGETS ${name} LIBRARY DESTINATION ${SLUICE_PLUGIN_INSTALL_DIR})
  endif()
  if(A_CASES AND (BUILD_TESTING OR NOT DEFINED BUILD_TESTING))
    sl_add_cases(${name} ${A_CASES})
  endif()
endfunction()

# sl_add_cases(PLUGIN files or folders…): a test for each case file, with the folder of that plugin first in the plugin path.
function(sl_add_cases plugin)
  foreach(place ${ARGN})
    get_filename_component(place ${place} ABSOLUTE)
    if(IS_DIRECTORY ${place})
      file(GLOB files CONFIGURE_DEPENDS ${place}/*.case)
    elseif(EXISTS ${place})
      set(files ${place})
    else()
      set(files "")
    endif()
    if(NOT files)
      message(FATAL_ERROR "sl_add_plugin(${plugin}): no case files in ${place}")
    endif()
    foreach(file ${files})
      get_filename_component(stage ${file} NAME)
      string(REGEX REPLACE "\\.case$" "" stage ${stage})
      add_test(NAME case.${stage} COMMAND ${SLUICE_RUN_CASE} ${SLUICE_PROGRAM} ${file})
      set_tests_properties(case.${stage} PROPERTIES LABELS case TIMEOUT 600 ENVIRONMENT "SLUICE_PLUGIN_PATH=$<TARGET_FILE_DIR:${plugin}>")
    endforeach()
  endforeach()
endfunction()
