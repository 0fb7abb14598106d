// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the price of a model into the draft, in dollars for a million tokens. GUI thread; deletes
// itself when closed.
#pragma once

#include "core/session/priceedit.h"

#include <QDialog>

class QComboBox;
class QLabel;
class QPushButton;

namespace sluice::ui {

class FieldEdit;

class PriceDialog final : public QDialog
{
    Q_OBJECT

public:
    /// models are "provider/model", to choose from; the first is chosen. The draft must outlive the
    /// dialog.
    PriceDialog(
        session::ConfigDraft &draft, const QList<QByteArray> &models, QWidget *parent = nullptr);
    ~PriceDialog() override;
    Q_DISABLE_COPY_MOVE(PriceDialog)

Q_SIGNALS:
    void drafted(const QString &model); ///< its price is in the draft now

private:
    void setupUi(const QList<QByteArray> &models);
    [[nodiscard]] FieldEdit *createField(const QString &name, const QString &objectName);
    void showModel();
    [[nodiscard]] Result<session::PriceFields> typed() const;
    void check();
    void confirm();

    session::ConfigDraft &m_draft;
    QComboBox *m_model = nullptr;
    FieldEdit *m_input = nullptr;
    FieldEdit *m_cachedInput = nullptr;
    FieldEdit *m_cacheWrite = nullptr;
    FieldEdit *m_output = nullptr;
    QLabel *m_message = nullptr;
    QPushButton *m_set = nullptr;
};

} // namespace sluice::ui
