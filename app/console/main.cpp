// SPDX-License-Identifier: GPL-3.0-or-later
// sluice: the console with the gateway inside.
#include "app/console/application.h"
#include "app/signalwatcher.h"

#include "core/base/logging.h"
#include "core/session/demosession.h"
#include "ui/initui.h"
#include "ui/widgets/theme.h"

#include <QApplication>

#include <algorithm>
#include <cstdio>

namespace {

using namespace Qt::StringLiterals;
using namespace sluice;

constexpr int UsageError = 2;

bool has(int argc, char **argv, std::initializer_list<QByteArrayView> names)
{
    return std::any_of(argv + 1, argv + argc, [names](const char *argument) {
        return std::find(names.begin(), names.end(), QByteArrayView(argument)) != names.end();
    });
}

void print(FILE *stream, const QString &text)
{
    std::fputs(text.toLocal8Bit().append('\n').constData(), stream);
}

int fail(const QString &message, int code)
{
    print(stderr, u"sluice: "_s + message);
    return code;
}

/// Without a screen Qt would abort with a riddle.
bool hasDisplay(int argc, char **argv)
{
#ifdef Q_OS_LINUX
    return qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY")
        || qEnvironmentVariableIsSet("QT_QPA_PLATFORM")
        || has(argc, argv, {"-platform", "--platform"});
#else
    Q_UNUSED(argc)
    Q_UNUSED(argv)
    return true;
#endif
}

int run(const console::CommandLine &line)
{
    const SignalWatcher signalWatcher;
    // Whoever sends a signal wants an end, not a question about the draft.
    QObject::connect(
        &signalWatcher, &SignalWatcher::terminateRequested, qApp,
        [] { QCoreApplication::exit(EXIT_SUCCESS); }, Qt::QueuedConnection);
    console::Application application(line);
    QObject::connect(&signalWatcher, &SignalWatcher::reloadRequested, &application,
        [&application] { application.draft().reload(); });
    const auto started = application.start();
    if (!started)
        return fail(started.error().message, EXIT_FAILURE);
    if (*started == console::Application::Start::HandedOver)
        return EXIT_SUCCESS;
    return QApplication::exec();
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication::setOrganizationName(u"sluice"_s);
    QCoreApplication::setApplicationName(u"sluice"_s);
    QCoreApplication::setApplicationVersion(QStringLiteral(SLUICE_VERSION));
    if (has(argc, argv, {"--help", "-h"})) {
        print(stdout, console::helpText());
        return EXIT_SUCCESS;
    }
    if (has(argc, argv, {"--version", "-v"})) {
        print(stdout, u"sluice "_s + QCoreApplication::applicationVersion());
        return EXIT_SUCCESS;
    }
    if (!hasDisplay(argc, argv))
        return fail(u"there is no display; \"sluicectl demo\" and \"sluicectl serve\" need none"_s,
            EXIT_FAILURE);
    if (has(argc, argv, {"--demo"}))
        session::DemoSession::prepareEnvironment();
    installLogHandler(LogFormat::Text);
    QGuiApplication::setDesktopFileName(u"sluice"_s);
    const QApplication application(argc, argv);
    const auto line = console::parseCommandLine(QCoreApplication::arguments());
    if (!line)
        return fail(line.error().message, UsageError);
    ui::initUi();
    ui::Theme::apply(ui::ThemeMode::System);
    return run(*line);
}
