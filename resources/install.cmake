# SPDX-License-Identifier: GPL-3.0-or-later
# What `cmake --install` puts beside the two programs.
install(FILES ${PROJECT_SOURCE_DIR}/resources/man/sluicectl.1
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
# Where the three shells look by themselves.
set(completions ${PROJECT_SOURCE_DIR}/resources/completions)
install(FILES ${completions}/sluicectl.bash RENAME sluicectl
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${completions}/_sluicectl
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${completions}/sluicectl.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
if(SLUICE_BUILD_CONSOLE)
    if(TARGET sluice)
        install(TARGETS sluice)
    endif()
    install(FILES ${PROJECT_SOURCE_DIR}/resources/man/sluice.1
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(FILES ${PROJECT_SOURCE_DIR}/resources/desktop/sluice.desktop
        DESTINATION ${CMAKE_INSTALL_DATADIR}/applications)
    install(FILES ${PROJECT_SOURCE_DIR}/resources/desktop/sluice.svg
        DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps)
    install(FILES ${PROJECT_SOURCE_DIR}/resources/desktop/sluice.metainfo.xml
        DESTINATION ${CMAKE_INSTALL_DATADIR}/metainfo)
endif()
