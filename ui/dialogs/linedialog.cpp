// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/linedialog.h"

#include "ui/widgets/diffview.h"

#include <QDesktopServices>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QPushButton>
#include <QTextBlock>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>

namespace sluice::ui {

using namespace Qt::StringLiterals;

LineDialog::LineDialog(const QString &path, const QByteArray &text, int line, QWidget *parent)
    : QDialog(parent), m_view(new DiffView(this))
{
    setObjectName(u"LineDialog"_s);
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("%1, line %2").arg(QFileInfo(path).fileName()).arg(line));
    resize(760, 480);
    m_view->setObjectName(u"lineView"_s);
    m_view->setAccessibleName(windowTitle());
    QList<DiffLine> lines;
    int number = 0;
    for (const QByteArray &each : text.split('\n')) {
        DiffLine shown;
        shown.number = ++number;
        shown.text = QString::fromUtf8(each.endsWith('\r') ? each.chopped(1) : each);
        lines.append(shown);
    }
    m_view->setLines(lines);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    QPushButton *open =
        buttons->addButton(tr("Open in another program"), QDialogButtonBox::ActionRole);
    open->setAutoDefault(false);
    connect(open, &QPushButton::clicked, this, [path] {
        QDesktopServices::openUrl(QUrl::fromLocalFile(QFileInfo(path).absoluteFilePath()));
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_view, 1);
    layout->addWidget(buttons);
    markLine(line);
}

LineDialog::~LineDialog() = default;

void LineDialog::markLine(int line)
{
    const int last = m_view->document()->blockCount() - 1;
    const QTextBlock block = m_view->document()->findBlockByNumber(std::clamp(line - 1, 0, last));
    QTextCursor cursor(block);
    cursor.movePosition(QTextCursor::EndOfBlock, QTextCursor::KeepAnchor);
    m_view->setTextCursor(cursor);
    m_view->centerCursor();
    m_view->setFocus();
}

} // namespace sluice::ui
