// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/codesnippet.h"

#include "ui/widgets/flatbutton.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/scrollbar.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"
#include "ui/widgets/yamlhighlighter.h"

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPlainTextEdit>

namespace sluice::ui {
namespace {

class CodeEdit : public QPlainTextEdit
{
public:
    explicit CodeEdit(QWidget *parent) : QPlainTextEdit(parent)
    {
        setReadOnly(true);
        setFrameShape(QFrame::NoFrame);
        setLineWrapMode(QPlainTextEdit::NoWrap);
        setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
        setHorizontalScrollBar(new ScrollBar(Qt::Horizontal, this));
        setTabChangesFocus(true);
        document()->setDocumentMargin(0);
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

// The ground with its rounded corners; the text lies within.
class CodeGround : public QWidget
{
public:
    using QWidget::QWidget;

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        const StatusPalette colours = StatusPalette::of(palette());
        drawOutline(&painter, rect(),
            colours.isHighContrast() ? colours.text() : QColor(Qt::transparent),
            colours.isHighContrast() ? 1 : 0, colours.code());
    }
};

} // namespace

CodeSnippet::CodeSnippet(
    const QString &title, const QString &note, Language language, QWidget *parent)
    : QWidget(parent)
{
    setAccessibleName(title);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(metrics::Grid);
    auto *head = new QHBoxLayout;
    head->setSpacing(metrics::CellPadding);
    auto *titleLabel = new QLabel(title, this);
    Theme::setRole(titleLabel, FontRole::Strong);
    auto *noteLabel = new QLabel(note, this);
    Theme::setRole(noteLabel, FontRole::Text, true);
    m_copy = new FlatButton(Icon::Copy, tr("Copy"), this);
    m_copy->setAccessibleName(tr("Copy %1").arg(title));
    head->addWidget(titleLabel);
    head->addWidget(noteLabel, 1);
    head->addWidget(m_copy);
    column->addLayout(head);

    auto *ground = new CodeGround(this);
    auto *inner = new QVBoxLayout(ground);
    inner->setContentsMargins(14, 10, 14, 2);
    m_edit = new CodeEdit(ground);
    m_edit->setAccessibleName(title);
    inner->addWidget(m_edit);
    column->addWidget(ground);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);

    m_highlighter = language == Language::Yaml ? new YamlHighlighter(m_edit->document())
                                               : new SnippetHighlighter(m_edit->document());
    connect(m_copy, &QToolButton::clicked, this, [this] {
        QGuiApplication::clipboard()->setText(code());
        Q_EMIT copied();
    });
    applyLook();
}

void CodeSnippet::setCode(const QString &code)
{
    m_edit->setPlainText(code);
    applyLook();
}

QString CodeSnippet::code() const
{
    return m_edit->toPlainText();
}

void CodeSnippet::applyLook()
{
    m_edit->setFont(Theme::font(FontRole::Mono));
    const int lines = std::max(1, m_edit->blockCount());
    m_edit->setFixedHeight(lines * QFontMetrics(m_edit->font()).lineSpacing() + 10);
    m_highlighter->setPalette(palette());
}

void CodeSnippet::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (m_highlighter && event->type() == QEvent::PaletteChange)
        m_highlighter->setPalette(palette());
}

} // namespace sluice::ui
