// SPDX-License-Identifier: GPL-3.0-or-later
// The window and the configuration: opening, reviewing, applying, outside changes.
#include "ui/mainwindow.h"

#include "core/session/configdraft.h"
#include "ui/dialogs/pricedialog.h"
#include "ui/models/modelprices.h"
#include "ui/statusline.h"
#include "ui/widgets/navigationlist.h"

#include <QAction>
#include <QFileDialog>
#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using session::ConfigDraft;
using session::GatewaySession;
using Subject = ContextBar::Subject;

void MainWindow::openConfiguration()
{
    auto *dialog = new QFileDialog(this, tr("Open configuration"),
        QFileInfo(m_session.draft.path()).absolutePath(),
        tr("Configurations (*.yaml *.yml);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::loadConfiguration);
    dialog->open();
}

void MainWindow::loadConfiguration(const QString &path)
{
    const Result<void> opened = m_session.draft.open(path);
    if (!opened) {
        m_context->report(Subject::Command, State::Refused, opened.error().message);
        return;
    }
    // Another file is in force from now on, under its own name.
    m_appliedText = m_session.draft.runningText();
    if (m_session.gateway.state() == GatewaySession::State::Running) {
        m_session.gateway.stop(StopGrace);
        startGateway();
    }
}

void MainWindow::reviewAndApply()
{
    const bool canReview = m_pages.contains(u"review"_s);
    if (canReview && currentPage() != u"review"_s) {
        openPage(u"review"_s);
        return;
    }
    // The question about the outside change comes first, and its answers stay in sight.
    if (m_session.draft.state() == ConfigDraft::State::DiskNewer) {
        m_context->settle(Subject::Disk);
        reportDisk();
        return;
    }
    const Result<void> applied = m_session.draft.apply();
    if (!applied)
        m_context->report(
            Subject::Command, State::Refused, tr("Not applied: %1").arg(applied.error().message));
}

void MainWindow::discardDraft()
{
    m_session.draft.discard();
}

// The other models without a price are there to go on with.
void MainWindow::openPriceDialog(const QByteArray &model)
{
    QList<QByteArray> models = unpricedModels(m_session.usage).names;
    models.removeOne(model);
    models.prepend(model);
    auto *dialog = new PriceDialog(m_session.draft, models, this);
    connect(dialog, &PriceDialog::drafted, this, [this](const QString &name) {
        m_context->settle(Subject::Command);
        m_context->report(Subject::Passing, State::Normal,
            tr("The price of %1 is in the draft").arg(name),
            {{tr("Review"), [this] { openPage(u"review"_s); }}});
    });
    dialog->open();
}

void MainWindow::undo()
{
    m_session.draft.undo();
}

void MainWindow::redo()
{
    m_session.draft.redo();
}

void MainWindow::updateDraft()
{
    const ConfigDraft &draft = m_session.draft;
    const int changes = draft.changeCount();
    m_status->showDraft(draft.state(), changes);
    m_status->showProblems(draft.findings());
    m_review->setEnabled(changes > 0);
    m_discard->setEnabled(changes > 0);
    const QString undoLabel = draft.undoLabel();
    const QString redoLabel = draft.redoLabel();
    m_undo->setText(undoLabel.isEmpty() ? tr("&Undo") : tr("&Undo %1").arg(undoLabel));
    m_redo->setText(redoLabel.isEmpty() ? tr("&Redo") : tr("&Redo %1").arg(redoLabel));
    m_undo->setEnabled(!undoLabel.isEmpty());
    m_redo->setEnabled(!redoLabel.isEmpty());
    m_navigation->setDot(u"policies"_s, changes > 0);
    const QString name = QFileInfo(draft.path()).fileName();
    setWindowTitle(name.isEmpty() ? tr("Sluice") : tr("%1[*] – Sluice").arg(name));
    setWindowModified(changes > 0);
    reportDisk();
}

void MainWindow::reportDisk()
{
    if (m_session.draft.state() != ConfigDraft::State::DiskNewer) {
        if (m_session.draft.state() != ConfigDraft::State::Broken)
            m_context->settle(Subject::Disk);
        return;
    }
    if (m_context->subject() == Subject::Disk)
        return;
    m_context->report(Subject::Disk, State::Near,
        tr("The file was changed outside while the draft has edits"), diskActions());
}

// Only a draft that met an outside change has something to choose.
std::vector<ContextBar::Action> MainWindow::diskActions()
{
    if (m_session.draft.state() != ConfigDraft::State::DiskNewer)
        return {};
    return {{tr("Take theirs"), [this] { m_session.draft.takeDisk(); }},
        {tr("Keep mine"), [this] { m_session.draft.keepDraft(); }}};
}

void MainWindow::reportApplied(const QString &summary)
{
    const QByteArray previous = std::exchange(m_appliedText, m_session.draft.runningText());
    m_context->settle(Subject::Command);
    m_context->report(Subject::Passing, State::Normal, summary,
        {{tr("Undo"), [this, previous] { applyAgain(previous); }}});
}

void MainWindow::reportDone(const QString &text, const std::function<bool()> &undo)
{
    m_context->settle(Subject::Command);
    m_context->report(Subject::Passing, State::Normal, text,
        {{tr("Undo"), [this, undo] {
              const bool isUndone = undo();
              m_context->report(Subject::Passing, isUndone ? State::Normal : State::Near,
                  isUndone ? tr("Undone")
                           : tr("It cannot be undone any more: it is over or replaced"));
          }}});
}

// A step like any other, so that it can be undone itself.
void MainWindow::applyAgain(const QByteArray &text)
{
    ConfigDraft &draft = m_session.draft;
    Result<void> done = draft.edit(tr("go back to the version before"),
        [&text](const QByteArray &) -> Result<QByteArray> { return text; });
    if (done)
        done = draft.apply();
    if (!done)
        m_context->report(
            Subject::Command, State::Refused, tr("Not applied: %1").arg(done.error().message));
}

} // namespace sluice::ui
