// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/blockdialog.h"

#include "core/insight/operationtext.h"
#include "ui/dialogs/durationchoice.h"
#include "ui/widgets/metrics.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace sluice::ui {

BlockDialog::BlockDialog(insight::SubjectId subject, const Clock &clock, QWidget *parent)
    : QDialog(parent), m_subject(std::move(subject)), m_clock(clock)
{
    setObjectName(u"BlockDialog"_s);
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Block %1").arg(insight::subjectName(m_subject.segment, m_subject.value)));
    setupUi();
    update();
}

BlockDialog::~BlockDialog() = default;

void BlockDialog::setupUi()
{
    m_duration = new DurationChoice(m_clock, tr("Until unblocked"), this);
    m_consequence = new QLabel(this);
    m_consequence->setObjectName(u"blockConsequenceLabel"_s);
    m_consequence->setTextFormat(Qt::PlainText);
    m_consequence->setWordWrap(true);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_block = buttons->addButton(tr("Block"), QDialogButtonBox::AcceptRole);
    m_block->setObjectName(u"blockPushButton"_s);
    auto *form = new QFormLayout;
    form->addRow(tr("For how long"), m_duration);
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(metrics::PageMargin);
    layout->addLayout(form);
    layout->addWidget(m_consequence);
    layout->addWidget(buttons);
    connect(m_duration, &DurationChoice::changed, this, &BlockDialog::update);
    connect(buttons, &QDialogButtonBox::accepted, this, &BlockDialog::confirm);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

void BlockDialog::update()
{
    m_block->setEnabled(m_duration->isValid());
    if (!m_duration->isValid()) {
        m_consequence->setText(tr("Write for how long, for example 1h 30m."));
        return;
    }
    limits::Block block{m_subject.segment, m_subject.value, std::nullopt};
    if (const auto duration = m_duration->duration())
        block.until = m_clock.now() + *duration;
    m_consequence->setText(insight::blockConsequence(block, m_clock.now()) + u'.');
}

void BlockDialog::confirm()
{
    if (!m_block->isEnabled())
        return;
    Q_EMIT blockRequested(m_duration->duration());
    accept();
}

} // namespace sluice::ui
