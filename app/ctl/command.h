// SPDX-License-Identifier: GPL-3.0-or-later
// The commands of sluicectl and what they share. Main thread.
#pragma once

#include "core/base/result.h"
#include "core/stores/ledger/ledgerplace.h"

#include <QCommandLineParser>
#include <QStringList>

namespace sluice::ctl {

/// Exit codes, documented in the man page.
enum ExitCode : int {
    Success = 0,
    Failed = 1, ///< could not do its work; `check`: errors in the file; `policy`: malformed
    Usage = 2, ///< wrong command line; `check`: the file cannot be read
};

/// Runs one command with its arguments (the command's own name first). Each gives an exit code.
int runBlock(const QStringList &arguments);
int runCheck(const QStringList &arguments);
int runDemo(const QStringList &arguments);
int runForget(const QStringList &arguments);
int runKeys(const QStringList &arguments);
int runLimits(const QStringList &arguments);
int runMock(const QStringList &arguments);
int runPolicy(const QStringList &arguments);
int runPrices(const QStringList &arguments);
int runRaise(const QStringList &arguments);
int runReset(const QStringList &arguments);
int runServe(const QStringList &arguments);
int runSql(const QStringList &arguments);
int runUnblock(const QStringList &arguments);
int runUsage(const QStringList &arguments);

/// Writes one line to standard output or standard error at once.
void printLine(const QString &line);
void printError(const QString &message);

/// Prints why a command could not do its work, and gives Failed.
int fail(const QString &message);
int fail(const Error &error);

/// Parses arguments; prints help (and leaves with 0) or a usage error (and gives false).
bool parse(QCommandLineParser &parser, const QStringList &arguments);

/// "127.0.0.1:8080", "[::1]:0", ":8080" or "8080".
struct ListenAddress
{
    QString address;
    quint16 port = 0;
};

Result<ListenAddress> parseListenAddress(const QString &text);

/// The configuration file to use: --config, else $SLUICE_CONFIG, else ./ai-gateway-config.yaml,
/// else the one in the user's configuration folder.
QString configPath(const QString &option);

/// The segment that a person names: "key", "user" and "member", as `usage --by` has them, are
/// "api-key", "end-user" and "team-member"; everything else is left as it is.
QString segmentName(const QString &word);

/// --config and --data-dir, which lead to the data directory of a gateway.
void addFolderOptions(QCommandLineParser &parser);
QString dataFolder(const QCommandLineParser &parser);

/// The configuration file of these options: of --data-dir alone the one that a gateway has noted
/// there.
QString configPath(const QCommandLineParser &parser);

/// Where that gateway records requests: as that configuration says, or in
/// the data directory. Invalid if a configuration with a ledger elsewhere has errors.
Result<stores::LedgerPlace> ledgerPlace(const QCommandLineParser &parser);

} // namespace sluice::ctl
