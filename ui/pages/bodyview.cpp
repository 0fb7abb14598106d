// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/bodyview.h"

#include "core/session/shownbodies.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/scrollbar.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QPlainTextEdit>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using session::ShownBody;

namespace {

constexpr qint64 MostInBytes = 10'000; ///< more is told in KiB
constexpr qsizetype LongestLine = 4'000; ///< characters

/// Breaks lines that would take the window a second to lay out. Where the view wraps them anyway,
/// nobody sees it.
QString inShortLines(const QString &text)
{
    QString broken;
    broken.reserve(text.size() + text.size() / LongestLine);
    for (qsizetype at = 0; at < text.size();) {
        const qsizetype end = text.indexOf(u'\n', at);
        qsizetype size = (end < 0 ? text.size() : end + 1) - at;
        const bool isLong = size > LongestLine;
        if (isLong)
            size = LongestLine - (text[at + LongestLine - 1].isHighSurrogate() ? 1 : 0);
        broken += QStringView(text).sliced(at, size);
        if (isLong)
            broken += u'\n';
        at += size;
    }
    return broken;
}

/// Text on the ground of code, for reading and selecting.
class BodyEdit final : public QPlainTextEdit
{
public:
    explicit BodyEdit(QWidget *parent) : QPlainTextEdit(parent)
    {
        setReadOnly(true);
        setUndoRedoEnabled(false);
        setFrameShape(QFrame::NoFrame);
        setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
        setVerticalScrollBar(new ScrollBar(Qt::Vertical, this));
        setTabChangesFocus(true);
        document()->setDocumentMargin(metrics::CellPadding);
        viewport()->setAutoFillBackground(false);
    }

protected:
    void paintEvent(QPaintEvent *event) override
    {
        {
            QPainter painter(viewport());
            painter.fillRect(viewport()->rect(), StatusPalette::of(palette()).code());
        }
        QPlainTextEdit::paintEvent(event);
    }
};

QString sizeText(qint64 bytes, int decimals = 1)
{
    if (bytes < MostInBytes)
        return BodyView::tr("%1 bytes").arg(format::count(bytes));
    return QLocale::c().formattedDataSize(bytes, decimals);
}

/// "application/json, 1 204 bytes".
QString factsOf(const ShownBody &body)
{
    const QString type = body.type.isEmpty() ? BodyView::tr("no content-type") : body.type;
    if (!body.isText)
        return BodyView::tr("%1, %2, no text: read it with SQL from the view bodies")
            .arg(type, sizeText(body.size));
    if (body.isCut())
        return BodyView::tr("%1, cut after %2 of %3")
            .arg(type, sizeText(body.kept, 0), sizeText(body.size));
    return BodyView::tr("%1, %2").arg(type, sizeText(body.size));
}

} // namespace

BodyView::BodyView(const QString &title, QWidget *parent) : QWidget(parent)
{
    m_facts = new QLabel(this);
    m_facts->setObjectName(u"bodyFactsLabel"_s);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_facts->setTextFormat(Qt::PlainText);
    m_facts->setWordWrap(true);
    Theme::setRole(m_facts, FontRole::Text, true);
    m_copy = new FlatButton(Icon::Copy, tr("Copy"), this);
    m_copy->setObjectName(u"copyBodyToolButton"_s);
    m_copy->setAccessibleName(tr("Copy %1").arg(title));
    m_text = new BodyEdit(this);
    m_text->setObjectName(u"bodyTextEdit"_s);
    m_text->setAccessibleName(title);
    m_text->setFont(Theme::font(FontRole::Mono));
    m_space = new QWidget(this);

    auto *head = new QHBoxLayout;
    head->setSpacing(metrics::CellPadding);
    head->addWidget(m_facts, 1);
    head->addWidget(m_copy);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(metrics::Grid);
    column->addLayout(head);
    column->addWidget(m_text, 1);
    column->addWidget(m_space, 1);
    connect(m_copy, &QToolButton::clicked, this,
        [this] { QGuiApplication::clipboard()->setText(m_whole); });
    showParts(false);
}

BodyView::~BodyView() = default;

void BodyView::showBody(const ShownBody &body)
{
    m_facts->setText(factsOf(body));
    m_whole = body.text;
    m_text->setPlainText(inShortLines(m_whole));
    showParts(body.isText);
}

void BodyView::showSentence(const QString &sentence)
{
    m_facts->setText(sentence);
    m_whole.clear();
    m_text->clear();
    showParts(false);
}

void BodyView::showParts(bool hasText)
{
    m_copy->setVisible(hasText);
    m_text->setVisible(hasText);
    m_space->setVisible(!hasText);
}

QString BodyView::facts() const
{
    return m_facts->text();
}

void BodyView::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (m_text && event->type() == QEvent::FontChange)
        m_text->setFont(Theme::font(FontRole::Mono));
}

} // namespace sluice::ui
