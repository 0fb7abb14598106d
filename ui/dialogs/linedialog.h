// SPDX-License-Identifier: GPL-3.0-or-later
// The draft's text with one line marked: where a limit or a problem comes from. GUI thread; deletes
// itself when closed.
#pragma once

#include <QDialog>

namespace sluice::ui {

class DiffView;

class LineDialog final : public QDialog
{
    Q_OBJECT

public:
    /// path names the file, text is shown; line is 1-based.
    LineDialog(const QString &path, const QByteArray &text, int line, QWidget *parent = nullptr);
    ~LineDialog() override;
    Q_DISABLE_COPY_MOVE(LineDialog)

private:
    void markLine(int line);

    DiffView *m_view;
};

} // namespace sluice::ui
