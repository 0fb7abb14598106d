# SPDX-License-Identifier: GPL-3.0-or-later
# What `cmake --install` puts beside the two programs.
install(FILES ${PROJECT_SOURCE_DIR}/resources/man/sluicectl.1
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
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
