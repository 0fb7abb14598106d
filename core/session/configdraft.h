// SPDX-License-Identifier: GPL-3.0-or-later
// The configuration as a document: what is on disk, what is running and the draft between them,
// with edits as text patches, undo, review and apply. Lives on the main thread.
#pragma once

#include "core/base/result.h"
#include "core/config/configuration.h"
#include "core/config/yamlpatch.h"
#include "core/limits/rename.h"

#include <QObject>

#include <functional>
#include <memory>

namespace sluice::session {

class GatewaySession;

class ConfigDraft final : public QObject
{
    Q_OBJECT

public:
    enum class State : quint8 {
        Clean, ///< draft, running and disk are the same
        Draft, ///< the draft differs from what is running
        DiskNewer, ///< the file changed outside while the draft has edits
        Broken, ///< the file on disk does not validate; the last good one is running
    };
    Q_ENUM(State)

    explicit ConfigDraft(GatewaySession &gateway, QObject *parent = nullptr);
    ~ConfigDraft() override;
    Q_DISABLE_COPY_MOVE(ConfigDraft)

    /// Reads a file and follows it from now on. An unreadable file is an error; an invalid one is
    /// not: its findings say what is wrong.
    Result<void> open(const QString &path);

    /// Looks at the file now, as its watcher would (SIGHUP).
    void reload();

    [[nodiscard]] QString path() const;
    [[nodiscard]] State state() const;
    [[nodiscard]] QByteArray text() const; ///< the draft
    [[nodiscard]] QByteArray runningText() const; ///< what the gateway decides by
    /// The draft's values; the last good ones while it does not validate.
    [[nodiscard]] std::shared_ptr<const config::Configuration> configuration() const;
    /// The values of runningText(); null if it never validated.
    [[nodiscard]] std::shared_ptr<const config::Configuration> runningConfiguration() const;
    [[nodiscard]] config::Findings findings() const; ///< of the draft
    [[nodiscard]] int changeCount() const; ///< limits and other keys that differ from running

    /// Edits the draft: `change` maps the old text to the new one. label names the step for undo
    /// ("set capacity of prod, per key to 90"). Steps with the same non-empty mergeId within a
    /// second are one step.
    using Change = std::function<Result<QByteArray>(const QByteArray &)>;
    Result<void> edit(const QString &label, const Change &change, const QString &mergeId = {});

    /// The same, but an edit that would make a valid draft invalid is refused with the first error:
    /// for forms, whose values always come from a valid draft.
    Result<void> editValid(const QString &label, const Change &change, const QString &mergeId = {});

    void undo();
    void redo();
    [[nodiscard]] QString undoLabel() const; ///< empty = nothing to undo
    [[nodiscard]] QString redoLabel() const;

    /// The limits that the draft only calls otherwise than what is running: they keep their
    /// counters. Renames by hand, in the file, are none.
    [[nodiscard]] limits::Renames renames() const;

    /// Writes the draft to disk and puts it in force. Nothing is swapped unless both worked.
    Result<void> apply();

    /// Back to the running text.
    void discard();

    /// After an outside change met a draft: drop the draft, or keep it over what is on disk now.
    void takeDisk();
    void keepDraft();

Q_SIGNALS:
    void changed(); ///< draft, findings or state
    void applied(const QString &summary); ///< in force; summary for a passing message
    void reloaded(); ///< an outside change was taken over and is in force
    void outsideChangeRejected(const QString &reason); ///< line:column and message; old limits stay

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace sluice::session
