// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/offlineapi.h"

#include "core/config/configfile.h"
#include "core/config/loader.h"
#include "core/limits/limiter.h"
#include "core/session/adminapi.h"
#include "core/session/datafolder.h"
#include "core/session/limitoperations.h"
#include "core/stores/journal/journal.h"

#include <QEventLoop>
#include <QFileInfo>

namespace sluice::session {

using namespace Qt::StringLiterals;
using gateway::AdminCall;
using gateway::AdminRequest;
using gateway::AdminTicket;
using gateway::Failure;
using gateway::Response;

namespace {

/// The values of a file, or why there are none.
Result<std::shared_ptr<const config::Configuration>> load(const QString &path)
{
    const auto file = config::ConfigFile::read(path);
    if (!file)
        return file.error();
    const auto result = config::load(
        file->text(), QProcessEnvironment::systemEnvironment(), QFileInfo(path).absolutePath());
    if (!result.configuration)
        return Error{ErrorCode::Invalid, u"%1 has errors; see \"sluicectl check\""_s.arg(path), {}};
    return result.configuration;
}

} // namespace

class OfflineApi::Private
{
public:
    Private(const QString &path, const QString &configuration)
        : folder(path), limiter(clock), operations(limiter), api(limiter, operations)
    {
        api.setPlace(path, QFileInfo(configuration).fileName());
        const auto values = load(configuration);
        if (values) {
            limiter.apply(limits::LimitSet::compile(**values));
            api.setLedgerUrl((*values)->recording.url);
        } else
            problem = values.error().message;
    }

    /// Counters are read when somebody asks for them. What is done to them is written with the
    /// journal's end.
    void openJournal()
    {
        const QString path = stores::Journal::pathIn(folder.path());
        if (journal || !QFileInfo::exists(path))
            return;
        const auto report = [this](const QString &text) { journalProblem = text; };
        journal = std::make_unique<stores::Journal>(
            path, limiter, clock, report, stores::Journal::Options());
        journal->waitUntilLoaded();
        // Its thread has nothing to do until it ends.
    }

    /// What has been done to counters is on the disk, or why it is not.
    [[nodiscard]] std::optional<Failure> closeJournal()
    {
        const bool hasChanged = journal != nullptr;
        journal.reset();
        if (!hasChanged || journalProblem.isEmpty())
            return std::nullopt;
        return Failure{500, "server_error", "internal_error", journalProblem};
    }

    /// Why a request cannot be carried out here.
    [[nodiscard]] std::optional<Failure> refusal(AdminCall call)
    {
        const bool isAboutCounters = call == AdminCall::ListLimits
            || call == AdminCall::ListCounters || call == AdminCall::ResetCounters;
        if ((isAboutCounters || call == AdminCall::Raise) && !problem.isEmpty())
            return Failure{409, "invalid_request_error", "invalid_configuration", problem};
        if (!isAboutCounters)
            return std::nullopt;
        openJournal();
        if (journalProblem.isEmpty())
            return std::nullopt;
        return Failure{500, "server_error", "internal_error", journalProblem};
    }

    DataFolder folder;
    SystemClock clock;
    limits::Limiter limiter;
    LimitOperations operations;
    QString journalProblem; ///< of the journal's thread while there is one
    std::unique_ptr<stores::Journal> journal;
    AdminApi api;
    QString problem; ///< why there are no limits
};

OfflineApi::OfflineApi(const QString &folder, const QString &configuration)
    : d(std::make_unique<Private>(folder, configuration))
{
}

OfflineApi::~OfflineApi() = default;

Result<std::unique_ptr<OfflineApi>> OfflineApi::open(
    const QString &folder, const QString &configuration, const QString &program)
{
    std::unique_ptr<OfflineApi> api(new OfflineApi(folder, configuration));
    if (const auto taken = api->d->folder.acquire(program, DataFolder::Use::Command); !taken)
        return taken.error();
    if (const auto opened = api->d->operations.open(folder); !opened)
        return opened.error();
    return api;
}

Response OfflineApi::call(
    const QByteArray &method, const QByteArray &target, const QByteArray &body)
{
    gateway::RequestHead head;
    head.method = method;
    head.target = target;
    const auto read = gateway::readAdminRequest(head, body);
    if (const auto *failure = std::get_if<Failure>(&read))
        return gateway::failureResponse(*failure, config::Dialect::OpenAi);
    const auto &request = std::get<AdminRequest>(read);
    if (const auto failure = d->refusal(request.call))
        return gateway::failureResponse(*failure, config::Dialect::OpenAi);
    QEventLoop loop;
    Response answer;
    // The answer may come from another thread; quit() waits for exec() there.
    d->api.handle(request, std::make_shared<AdminTicket>([&](Response &&response) {
        QMetaObject::invokeMethod(
            &loop,
            [&loop, &answer, response = std::move(response)] {
                answer = response;
                loop.quit();
            },
            Qt::QueuedConnection);
    }));
    loop.exec();
    if (request.call == AdminCall::ResetCounters) {
        if (const auto failure = d->closeJournal())
            return gateway::failureResponse(*failure, config::Dialect::OpenAi);
    }
    return answer;
}

} // namespace sluice::session
