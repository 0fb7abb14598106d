// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/pricedialog.h"

#include "ui/widgets/fieldedit.h"
#include "ui/widgets/metrics.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <tuple>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using session::PriceFields;

PriceDialog::PriceDialog(
    session::ConfigDraft &draft, const QList<QByteArray> &models, QWidget *parent)
    : QDialog(parent), m_draft(draft)
{
    setObjectName(u"PriceDialog"_s);
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Set price"));
    setupUi(models);
    showModel();
}

PriceDialog::~PriceDialog() = default;

FieldEdit *PriceDialog::createField(const QString &name, const QString &objectName)
{
    auto *field = new FieldEdit(name, this);
    field->setObjectName(objectName);
    field->setSuffix(tr("$ per million"));
    connect(field, &QLineEdit::textChanged, this, &PriceDialog::check);
    return field;
}

void PriceDialog::setupUi(const QList<QByteArray> &models)
{
    m_model = new QComboBox(this);
    m_model->setObjectName(u"priceModelComboBox"_s);
    m_model->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    for (const QByteArray &model : models)
        m_model->addItem(QString::fromUtf8(model));
    m_input = createField(tr("Input"), u"priceInputFieldEdit"_s);
    m_cachedInput = createField(tr("Cached input"), u"priceCachedInputFieldEdit"_s);
    m_cacheWrite = createField(tr("Cache write"), u"priceCacheWriteFieldEdit"_s);
    m_output = createField(tr("Output"), u"priceOutputFieldEdit"_s);
    for (FieldEdit *field : {m_cachedInput, m_cacheWrite})
        field->setPlaceholderText(tr("as input"));
    m_message = new QLabel(this);
    m_message->setObjectName(u"priceMessageLabel"_s);
    m_message->setTextFormat(Qt::PlainText);
    m_message->setWordWrap(true);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_set = buttons->addButton(tr("Put into the draft"), QDialogButtonBox::AcceptRole);
    m_set->setObjectName(u"setPricePushButton"_s);
    m_set->setDefault(true);
    auto *form = new QFormLayout;
    form->setVerticalSpacing(metrics::CellPadding);
    form->addRow(tr("&Model"), m_model);
    form->addRow(tr("&Input"), m_input);
    form->addRow(tr("Ca&ched input"), m_cachedInput);
    form->addRow(tr("Cache &write"), m_cacheWrite);
    form->addRow(tr("&Output"), m_output);
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(metrics::PageMargin);
    layout->addLayout(form);
    layout->addWidget(m_message);
    layout->addWidget(buttons);
    connect(m_model, &QComboBox::currentIndexChanged, this, &PriceDialog::showModel);
    connect(buttons, &QDialogButtonBox::accepted, this, &PriceDialog::confirm);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    m_input->setFocus();
}

// What the draft has already, also for a model that is chosen later.
void PriceDialog::showModel()
{
    const std::optional<PriceFields> written =
        session::writtenPrice(m_draft.text(), m_model->currentText().toUtf8());
    const PriceFields price = written.value_or(PriceFields{});
    m_input->setText(price.input);
    m_cachedInput->setText(price.cachedInput);
    m_cacheWrite->setText(price.cacheWrite);
    m_output->setText(price.output);
    check();
}

/// The error is that of the first field that is wrong.
Result<PriceFields> PriceDialog::typed() const
{
    PriceFields price;
    const auto read = [](const FieldEdit *field, bool isOptional) -> Result<QString> {
        if (isOptional && field->text().trimmed().isEmpty())
            return QString();
        return session::parsePrice(field->text());
    };
    const std::tuple<const FieldEdit *, bool, QString PriceFields::*> fields[] = {
        {m_input, false, &PriceFields::input}, {m_cachedInput, true, &PriceFields::cachedInput},
        {m_cacheWrite, true, &PriceFields::cacheWrite}, {m_output, false, &PriceFields::output}};
    for (const auto &[field, isOptional, value] : fields) {
        const Result<QString> text = read(field, isOptional);
        if (!text)
            return Error{
                text.error().code, field->accessibleName() + u": "_s + text.error().message, {}};
        price.*value = *text;
    }
    return price;
}

void PriceDialog::check()
{
    for (FieldEdit *field : {m_input, m_cachedInput, m_cacheWrite, m_output}) {
        const QString text = field->text().trimmed();
        const Result<QString> price =
            text.isEmpty() ? Result<QString>(QString()) : session::parsePrice(text);
        field->setError(price ? QString() : price.error().message);
    }
    const bool isBegun = !m_input->text().isEmpty() && !m_output->text().isEmpty();
    const Result<PriceFields> price = typed();
    m_set->setEnabled(price.has_value());
    if (price)
        m_message->setText(tr("It holds for requests from now on, once the draft is applied. What "
                              "has been spent stays as it was counted."));
    else if (isBegun || m_input->hasError() || m_output->hasError())
        m_message->setText(price.error().message);
    else
        m_message->setText(tr("Write the price of input and output, for example 2.50; 0 if it "
                              "costs nothing."));
}

void PriceDialog::confirm()
{
    const Result<PriceFields> price = typed();
    if (!price)
        return;
    const QString model = m_model->currentText();
    const Result<void> edited = m_draft.editValid(
        tr("set price of %1").arg(model), session::setPrice(model.toUtf8(), *price));
    if (!edited) {
        m_message->setText(edited.error().message);
        return;
    }
    Q_EMIT drafted(model);
    accept();
}

} // namespace sluice::ui
