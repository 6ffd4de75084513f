# What `cmake --install` puts where. Every part finds the others by their places relative to itself, so that the folder can be moved.
#
#   bin/sluice, bin/sluice-new-plugin      include/sluice/*.h              lib/sluice/plugins/*.so (sl_add_plugin installs them)
#   lib/cmake/sluice, lib/pkgconfig        libexec/sluice/{run-case,check-so}
#   share/sluice/{schemas,pipelines,templates}     share/doc/sluice: the READMEs, in the folders that they have here
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sluice)
set(libexec_dir ${CMAKE_INSTALL_LIBEXECDIR}/sluice)
set(share_dir ${CMAKE_INSTALL_DATADIR}/sluice)
set(made_dir ${CMAKE_BINARY_DIR}/package) # files made here that only the installed tree needs

# The version of the package is that of the contract: what an author asks for is an engine that loads the plugin.
file(STRINGS engine/include/sluice/plugin.h abi_lines REGEX "^#define SL_ABI_M(AJOR|INOR) ")
string(REGEX REPLACE "[^0-9]*([0-9]+)u[^;]*;[^0-9]*([0-9]+)u.*" "\\1.\\2" SLUICE_ABI "${abi_lines}")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/engine/include/sluice/plugin.h)

# sluiceConfig.cmake twice: for the installed tree, and for this build folder (-Dsluice_DIR=build/release), which works without installing.
set(config_vars CONFIG_INCLUDE_DIR CONFIG_PROGRAM CONFIG_RUN_CASE CONFIG_CHECK_SO CONFIG_CMAKE_DIR)
set(CONFIG_INCLUDE_DIR ${CMAKE_INSTALL_INCLUDEDIR})
set(CONFIG_PROGRAM ${CMAKE_INSTALL_BINDIR}/sluice)
set(CONFIG_RUN_CASE ${libexec_dir}/run-case)
set(CONFIG_CHECK_SO ${libexec_dir}/check-so)
set(CONFIG_CMAKE_DIR ${package_dir})
configure_package_config_file(tools/cmake/sluiceConfig.cmake.in ${made_dir}/sluiceConfig.cmake INSTALL_DESTINATION ${package_dir}
                              PATH_VARS ${config_vars} NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${made_dir}/sluiceConfigVersion.cmake VERSION ${SLUICE_ABI} COMPATIBILITY SameMajorVersion)

set(CONFIG_INCLUDE_DIR ${SLUICE_INCLUDE_DIR})
set(CONFIG_PROGRAM ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/sluice)
set(CONFIG_RUN_CASE ${CMAKE_BINARY_DIR}/tests/run_case)
set(CONFIG_CHECK_SO ${SLUICE_CHECK_SO})
set(CONFIG_CMAKE_DIR ${CMAKE_SOURCE_DIR}/tools/cmake)
configure_package_config_file(tools/cmake/sluiceConfig.cmake.in ${CMAKE_BINARY_DIR}/sluiceConfig.cmake
                              INSTALL_PREFIX ${CMAKE_BINARY_DIR} INSTALL_DESTINATION ${CMAKE_BINARY_DIR}
                              PATH_VARS ${config_vars} NO_CHECK_REQUIRED_COMPONENTS_MACRO)
configure_file(${made_dir}/sluiceConfigVersion.cmake ${CMAKE_BINARY_DIR}/sluiceConfigVersion.cmake COPYONLY)
install(FILES ${made_dir}/sluiceConfig.cmake ${made_dir}/sluiceConfigVersion.cmake tools/cmake/sluicePlugin.cmake tools/cmake/plugin.map
        DESTINATION ${package_dir})

file(RELATIVE_PATH PREFIX_FROM_PC /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" PREFIX_FROM_PC "${PREFIX_FROM_PC}")
configure_file(tools/cmake/sluice-plugin.pc.in ${made_dir}/sluice-plugin.pc @ONLY)
install(FILES ${made_dir}/sluice-plugin.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(TARGETS sluice)
install(DIRECTORY engine/include/sluice DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(PROGRAMS $<TARGET_FILE:run_case> DESTINATION ${libexec_dir} RENAME run-case)
install(PROGRAMS tools/check-so DESTINATION ${libexec_dir})

# tools/new-plugin finds its templates beside itself; the installed one, in share.
file(READ tools/new-plugin script)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/new-plugin)
file(RELATIVE_PATH templates /${CMAKE_INSTALL_BINDIR} /${share_dir}/templates)
string(REPLACE "templates=\$here/templates\n" "templates=\$here/${templates}\n" installed "${script}")
if(installed STREQUAL script)
  message(FATAL_ERROR "tools/new-plugin has no line 'templates=\$here/templates'")
endif()
file(WRITE ${made_dir}/sluice-new-plugin "${installed}")
install(PROGRAMS ${made_dir}/sluice-new-plugin DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY tools/templates schemas pipelines DESTINATION ${share_dir})

file(GLOB readmes CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} README.md LICENSE plugins/README.md plugins/*/README.md
     engine/include/sluice/README.md tests/cases/README.md)
foreach(file ${readmes})
  get_filename_component(dir ${file} DIRECTORY)
  install(FILES ${file} DESTINATION ${CMAKE_INSTALL_DOCDIR}/${dir})
endforeach()
