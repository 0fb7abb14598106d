// SPDX-License-Identifier: GPL-3.0-or-later
// Paints the parts of the user interface on two boards and saves them light and dark:
// sluice_gallery [folder]. For looking at, not a test.
#include "tests/gui/galleryboards.h"
#include "ui/widgets/accessible.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QDir>
#include <QTextStream>
#include <QWidget>

#include <memory>

using namespace Qt::StringLiterals;

namespace {

bool save(QWidget *board, const QDir &folder, const QString &name)
{
    board->show();
    QApplication::processEvents();
    const QString path = folder.filePath(name + u".png");
    const bool saved = board->grab().save(path);
    QTextStream(stdout) << path << (saved ? "\n" : " could not be written\n");
    return saved;
}

} // namespace

int main(int argc, char **argv)
{
    QApplication app(argc, argv);
    QFont font(u"Noto Sans"_s);
    font.setPointSizeF(10);
    QApplication::setFont(font);
    sluice::ui::installAccessibility();

    const QDir folder(app.arguments().value(1, QDir::currentPath()));
    bool ok = folder.exists() || QDir().mkpath(folder.path());
    for (const bool dark : {false, true}) {
        sluice::ui::Theme::apply(dark ? sluice::ui::ThemeMode::Dark : sluice::ui::ThemeMode::Light);
        const QString suffix = dark ? u"-dark"_s : u"-light"_s;
        const std::unique_ptr<QWidget> components(sluice::ui::createComponentsBoard());
        ok = save(components.get(), folder, u"components"_s + suffix) && ok;
        const std::unique_ptr<QWidget> widgets(sluice::ui::createWidgetsBoard());
        ok = save(widgets.get(), folder, u"widgets"_s + suffix) && ok;
    }
    return ok ? 0 : 1;
}
