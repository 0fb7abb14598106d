// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/configdraft.h"

#include "core/base/logging.h"
#include "core/config/configfile.h"
#include "core/config/filewatcher.h"
#include "core/config/loader.h"
#include "core/config/yamlpatch.h"
#include "core/insight/changereport.h"
#include "core/session/edithistory.h"
#include "core/session/gatewaysession.h"
#include "core/session/renamelog.h"

#include <QFileInfo>

#include <algorithm>

namespace sluice::session {

using namespace Qt::StringLiterals;
using config::Configuration;
using config::Finding;
using config::LimitRule;
using config::LoadResult;

namespace {

/// "line 31, column 7: message" of the first error.
QString firstError(const config::Findings &findings)
{
    for (const Finding &finding : findings) {
        if (finding.severity == config::Severity::Error)
            return u"line %1, column %2: %3"_s.arg(QString::number(finding.place.line),
                QString::number(finding.place.column), finding.message);
    }
    return {};
}

/// The same without its place, for who sees the field.
QString firstMessage(const config::Findings &findings)
{
    for (const Finding &finding : findings) {
        if (finding.severity == config::Severity::Error)
            return finding.message;
    }
    return {};
}

/// Limits that differ, and one for everything else. Places do not count: lines move when something
/// above them is edited.
int countChanges(Configuration before, Configuration after)
{
    before = insight::withoutPlaces(std::move(before));
    after = insight::withoutPlaces(std::move(after));
    const auto find = [](const Configuration &in, const QByteArray &name) {
        return std::find_if(in.limits.begin(), in.limits.end(),
            [&name](const LimitRule &rule) { return rule.name == name; });
    };
    int count = 0;
    for (const LimitRule &rule : after.limits) {
        const auto old = find(before, rule.name);
        if (old == before.limits.end() || *old != rule)
            ++count;
    }
    for (const LimitRule &rule : before.limits)
        if (find(after, rule.name) == after.limits.end())
            ++count;
    before.limits.clear();
    after.limits.clear();
    return before == after ? count : count + 1;
}

} // namespace

class ConfigDraft::Private
{
public:
    Private(ConfigDraft &draft, GatewaySession &session) : q(draft), gateway(session) { }

    [[nodiscard]] bool isDirty() const { return draftText != runningText; }

    [[nodiscard]] LoadResult load(const QByteArray &text) const
    {
        return config::load(
            text, QProcessEnvironment::systemEnvironment(), QFileInfo(filePath).absolutePath());
    }

    /// Reads the draft's values and findings anew.
    void evaluate()
    {
        LoadResult result = load(draftText);
        findings = std::move(result.findings);
        draftPriceFile = result.priceFile;
        isValid = result.configuration != nullptr;
        if (isValid)
            values = std::move(result.configuration);
        Q_EMIT q.changed();
    }

    /// What the running gateway cannot do although the file is right.
    [[nodiscard]] config::Findings runningProblems() const
    {
        config::Findings problems;
        for (const QString &problem : storeProblems) {
            const QString key = u"rate-limit-store"_s;
            const int line = std::max(1, config::yamlpatch::lineOf(draftText, {key}));
            problems.append({config::Severity::Warning, {line, 1}, key, problem, {}});
        }
        return problems;
    }

    void setStoreProblem(GatewaySession::Store store, const QString &problem)
    {
        if (problem.isEmpty())
            storeProblems.remove(store);
        else
            storeProblems.insert(store, problem);
        Q_EMIT q.changed();
    }

    void setDraft(const QByteArray &text)
    {
        draftText = text;
        evaluate();
    }

    Result<void> putInForce(const QByteArray &text)
    {
        LoadResult result = load(text);
        if (result.configuration || !result.priceFile.isEmpty())
            watchPrices(result.priceFile);
        if (!result.configuration)
            return Error{ErrorCode::Invalid, firstError(result.findings), {}};
        if (gateway.state() == GatewaySession::State::Running) {
            const limits::Renames renames = runningValues
                ? renameLog.between(*runningValues, *result.configuration)
                : limits::Renames();
            if (const auto applied = gateway.apply(result.configuration, renames); !applied)
                return applied.error();
        }
        runningText = text;
        runningValues = std::move(result.configuration);
        return {};
    }

    /// The file has new content that did not come from here.
    void diskChanged(const QByteArray &text)
    {
        if (auto read = config::ConfigFile::read(filePath))
            file = std::move(*read);
        if (text == diskText)
            return;
        diskText = text;
        const bool hadDraft = isDirty() && state() != State::Broken;
        if (const auto inForce = putInForce(text); !inForce)
            return rejectDisk(inForce.error().message, hadDraft);
        isDiskBroken = false;
        isDiskNewer = hadDraft && draftText != text;
        qCInfo(lcConfig, "%ls changed and is in force", qUtf16Printable(name()));
        if (isDiskNewer) {
            evaluate();
            return;
        }
        history.clear();
        setDraft(text);
        Q_EMIT q.reloaded();
    }

    /// The price file counts as much as the text that names it; one that is not there is waited
    /// for.
    void watchPrices(const QString &path)
    {
        if (path == priceFile)
            return;
        priceFile = path;
        priceWatcher.reset();
        if (path.isEmpty())
            return;
        const auto known = config::ConfigFile::read(path);
        priceWatcher =
            std::make_unique<config::FileWatcher>(path, known ? known->text() : QByteArray());
        const auto again = [this] { reapplyDisk(); };
        QObject::connect(priceWatcher.get(), &config::FileWatcher::changed, &q, again);
        QObject::connect(priceWatcher.get(), &config::FileWatcher::readable, &q, again);
        QObject::connect(priceWatcher.get(), &config::FileWatcher::unreadable, &q, again);
    }

    /// What is on disk is the same text, and its price file may not be.
    void reapplyDisk()
    {
        const auto inForce = putInForce(diskText);
        const bool isKnown = !inForce && isDiskBroken && inForce.error().message == diskReason;
        isDiskBroken = !inForce;
        diskReason = inForce ? QString() : inForce.error().message;
        evaluate();
        if (isKnown)
            return;
        if (inForce) {
            qCInfo(lcConfig, "%ls is in force with its price file as it is now",
                qUtf16Printable(name()));
            Q_EMIT q.reloaded();
            return;
        }
        qCWarning(lcConfig, "%ls is not in force: %ls. The last good version stays",
            qUtf16Printable(name()), qUtf16Printable(diskReason));
        Q_EMIT q.outsideChangeRejected(diskReason);
    }

    void rejectDisk(const QString &reason, bool hadDraft)
    {
        isDiskBroken = true;
        diskReason = reason;
        qCWarning(lcConfig, "%ls is not in force: %ls. The last good version stays",
            qUtf16Printable(name()), qUtf16Printable(reason));
        if (hadDraft) {
            isDiskNewer = true;
            evaluate();
        } else {
            history.clear();
            setDraft(diskText);
        }
        Q_EMIT q.outsideChangeRejected(reason);
    }

    void reportUnreadable(const QString &reason)
    {
        qCWarning(lcConfig, "%ls. The last good version stays", qUtf16Printable(reason));
        Q_EMIT q.outsideChangeRejected(reason);
    }

    [[nodiscard]] State state() const
    {
        if (isDiskNewer)
            return State::DiskNewer;
        if (isDiskBroken && draftText == diskText)
            return State::Broken;
        // A draft that went back to what is running still differs from a broken file.
        return isDirty() || draftText != diskText ? State::Draft : State::Clean;
    }

    [[nodiscard]] QString name() const { return QFileInfo(filePath).fileName(); }

    [[nodiscard]] std::chrono::milliseconds now() const { return gateway.clock().wall(); }

    ConfigDraft &q;
    GatewaySession &gateway;
    QString filePath;
    std::optional<config::ConfigFile> file;
    std::unique_ptr<config::FileWatcher> watcher;
    QString priceFile; ///< the one that priceWatcher watches
    std::unique_ptr<config::FileWatcher> priceWatcher;
    QString draftPriceFile; ///< the one that the draft names
    QByteArray diskText;
    QByteArray runningText;
    QByteArray draftText;
    std::shared_ptr<const Configuration> values; ///< of the draft, or its last good version
    std::shared_ptr<const Configuration> runningValues; ///< of runningText
    config::Findings findings;
    QMap<GatewaySession::Store, QString> storeProblems; ///< of the running gateway
    EditHistory history;
    RenameLog renameLog;
    bool isValid = false;
    bool isDiskBroken = false; ///< what is on disk does not validate
    QString diskReason; ///< why not, as it was reported
    bool isDiskNewer = false; ///< an outside change met a draft
};

ConfigDraft::ConfigDraft(GatewaySession &gateway, QObject *parent)
    : QObject(parent), d(std::make_unique<Private>(*this, gateway))
{
    connect(&gateway, &GatewaySession::storeProblem, this,
        [this](GatewaySession::Store store, const QString &problem) {
            d->setStoreProblem(store, problem);
        });
}

ConfigDraft::~ConfigDraft() = default;

Result<void> ConfigDraft::open(const QString &path)
{
    auto file = config::ConfigFile::read(path);
    if (!file)
        return file.error();
    d->filePath = path;
    d->diskText = file->text();
    d->runningText = d->diskText;
    d->file = std::move(*file);
    d->history.clear();
    d->isDiskNewer = false;
    d->watcher = std::make_unique<config::FileWatcher>(path, d->diskText);
    connect(d->watcher.get(), &config::FileWatcher::changed, this,
        [this](const QByteArray &text) { d->diskChanged(text); });
    connect(d->watcher.get(), &config::FileWatcher::unreadable, this,
        [this](const QString &reason) { d->reportUnreadable(reason); });
    d->setDraft(d->diskText);
    d->isDiskBroken = !d->isValid;
    d->diskReason = firstError(d->findings);
    d->watchPrices(d->draftPriceFile);
    d->runningValues = d->isValid ? d->values : nullptr;
    Q_EMIT changed();
    return {};
}

void ConfigDraft::reload()
{
    const auto file = config::ConfigFile::read(d->filePath);
    if (file && file->text() == d->diskText && d->priceWatcher)
        d->reapplyDisk();
    else if (file)
        d->diskChanged(file->text());
    else
        d->reportUnreadable(file.error().message);
}

QString ConfigDraft::path() const
{
    return d->filePath;
}

ConfigDraft::State ConfigDraft::state() const
{
    return d->state();
}

QByteArray ConfigDraft::text() const
{
    return d->draftText;
}

QByteArray ConfigDraft::runningText() const
{
    return d->runningText;
}

std::shared_ptr<const Configuration> ConfigDraft::configuration() const
{
    return d->values;
}

std::shared_ptr<const Configuration> ConfigDraft::runningConfiguration() const
{
    return d->runningValues;
}

config::Findings ConfigDraft::findings() const
{
    return d->findings + d->runningProblems();
}

int ConfigDraft::changeCount() const
{
    if (!d->isDirty())
        return d->state() == State::Draft ? 1 : 0;
    const auto &running = d->runningValues;
    if (!running || !d->values || !d->isValid)
        return 1;
    return std::max(1, countChanges(*running, *d->values));
}

Result<void> ConfigDraft::edit(const QString &label, const Change &change, const QString &mergeId)
{
    const QByteArray before = d->draftText;
    Result<QByteArray> after = change(before);
    if (!after)
        return after.error();
    if (*after == before)
        return {};
    d->history.push(before, *after, label, mergeId, d->now());
    const auto valuesBefore = d->isValid ? d->values : nullptr;
    d->setDraft(*after);
    if (valuesBefore && d->isValid)
        d->renameLog.note(*valuesBefore, *d->values);
    return {};
}

Result<void> ConfigDraft::editValid(
    const QString &label, const Change &change, const QString &mergeId)
{
    const auto checked = [this, &change](const QByteArray &before) -> Result<QByteArray> {
        Result<QByteArray> after = change(before);
        if (!after || *after == before || !d->isValid)
            return after;
        const LoadResult outcome = d->load(*after);
        if (!outcome.configuration)
            return Error{ErrorCode::Refused, firstMessage(outcome.findings), {}};
        return after;
    };
    return edit(label, checked, mergeId);
}

void ConfigDraft::undo()
{
    d->setDraft(d->history.undo(d->draftText));
}

void ConfigDraft::redo()
{
    d->setDraft(d->history.redo(d->draftText));
}

QString ConfigDraft::undoLabel() const
{
    return d->history.undoLabel();
}

QString ConfigDraft::redoLabel() const
{
    return d->history.redoLabel();
}

limits::Renames ConfigDraft::renames() const
{
    if (!d->runningValues || !d->values)
        return {};
    return d->renameLog.between(*d->runningValues, *d->values);
}

Result<void> ConfigDraft::apply()
{
    if (!d->file)
        return Error{ErrorCode::NotFound, u"No configuration file is open"_s, {}};
    if (!d->isValid)
        return Error{ErrorCode::Invalid, firstError(d->findings), {}};
    if (d->isDiskNewer)
        return Error{ErrorCode::Conflict,
            u"The file changed outside; take that version or keep yours first"_s, {}};
    const int changes = changeCount();
    const QByteArray previous = d->diskText;
    if (const auto saved = d->file->save(d->draftText); !saved)
        return saved.error();
    d->diskText = d->draftText;
    d->watcher->setKnownText(d->diskText);
    if (const auto inForce = d->putInForce(d->draftText); !inForce) {
        // What runs and what the file says must not part: the file goes back.
        const auto restored = d->file->save(previous);
        d->diskText = restored ? previous : d->draftText;
        d->watcher->setKnownText(d->diskText);
        Q_EMIT changed();
        return inForce.error();
    }
    d->isDiskBroken = false;
    qCInfo(lcConfig, "%ls was written and is in force", qUtf16Printable(d->name()));
    Q_EMIT changed();
    Q_EMIT applied(changes == 1 ? tr("Applied 1 change") : tr("Applied %1 changes").arg(changes));
    return {};
}

void ConfigDraft::discard()
{
    d->history.push(d->draftText, d->runningText, tr("discard draft"), {}, d->now());
    d->isDiskNewer = false; // nothing of the draft is left to lose
    d->setDraft(d->runningText);
}

void ConfigDraft::takeDisk()
{
    if (!d->isDiskNewer)
        return;
    d->isDiskNewer = false;
    d->history.clear();
    d->setDraft(d->diskText);
}

void ConfigDraft::keepDraft()
{
    if (!d->isDiskNewer)
        return;
    d->isDiskNewer = false;
    d->evaluate();
}

} // namespace sluice::session
