// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/raisedialog.h"

#include "core/insight/operationtext.h"
#include "ui/dialogs/durationchoice.h"
#include "ui/models/limitfields.h"
#include "ui/widgets/fieldedit.h"
#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace sluice::ui {

RaiseDialog::RaiseDialog(
    limits::LimitPtr limit, QByteArray value, const Clock &clock, QWidget *parent)
    : QDialog(parent), m_limit(std::move(limit)), m_value(std::move(value)), m_clock(clock)
{
    setObjectName(u"RaiseDialog"_s);
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Raise %1 for a while").arg(insight::fullLabel(*m_limit)));
    setupUi();
    update();
}

RaiseDialog::~RaiseDialog() = default;

void RaiseDialog::setupUi()
{
    const bool isMoney = m_limit->unit == Unit::Cents;
    m_amount = new FieldEdit(tr("By how much"), this);
    m_amount->setObjectName(u"raiseAmountFieldEdit"_s);
    m_amount->setSuffix(isMoney ? tr("dollars") : format::unitPhrase(m_limit->unit));
    m_amount->setText(limitfields::amountText(m_limit->quota, m_limit->unit));
    m_amount->selectAll();
    m_duration = new DurationChoice(m_clock, {}, this);
    m_consequence = new QLabel(this);
    m_consequence->setObjectName(u"raiseConsequenceLabel"_s);
    m_consequence->setTextFormat(Qt::PlainText);
    m_consequence->setWordWrap(true);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_raise = buttons->addButton(tr("Raise"), QDialogButtonBox::AcceptRole);
    m_raise->setObjectName(u"raisePushButton"_s);
    m_raise->setDefault(true);
    auto *form = new QFormLayout;
    form->setVerticalSpacing(metrics::CellPadding);
    form->addRow(tr("By &how much"), m_amount);
    form->addRow(tr("For how long"), m_duration);
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(metrics::PageMargin);
    layout->addLayout(form);
    layout->addWidget(m_consequence);
    layout->addWidget(buttons);
    connect(m_amount, &QLineEdit::textChanged, this, &RaiseDialog::update);
    connect(m_duration, &DurationChoice::changed, this, &RaiseDialog::update);
    connect(buttons, &QDialogButtonBox::accepted, this, &RaiseDialog::confirm);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

MicroAmount RaiseDialog::extra() const
{
    const Result<QString> typed = limitfields::parseAmount(m_amount->text(), m_limit->unit);
    const Result<MicroAmount> amount =
        typed ? sluice::parseAmount(typed->toLatin1()) : Result<MicroAmount>(typed.error());
    return amount ? *amount : 0;
}

void RaiseDialog::update()
{
    const MicroAmount amount = extra();
    const bool hasAmount = amount > 0;
    m_amount->setError(hasAmount ? QString() : tr("an amount above zero"));
    m_raise->setEnabled(hasAmount && m_duration->isValid());
    if (!hasAmount)
        m_consequence->setText(tr("Write by how much, for example %1.")
                                   .arg(limitfields::amountText(m_limit->quota, m_limit->unit)));
    else if (!m_duration->isValid())
        m_consequence->setText(tr("Write for how long, for example 1h 30m."));
    else
        m_consequence->setText(insight::raiseSentence(*m_limit,
            {m_limit->name, m_value, amount, m_clock.now() + *m_duration->duration()},
            m_clock.now()));
}

void RaiseDialog::confirm()
{
    if (!m_raise->isEnabled())
        return;
    const std::chrono::nanoseconds duration = *m_duration->duration();
    Q_EMIT raiseRequested(extra(), duration, m_consequence->text());
    accept();
}

} // namespace sluice::ui
