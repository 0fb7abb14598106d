// SPDX-License-Identifier: GPL-3.0-or-later
// A tool button without a frame: icon, text, chevron for a menu. GUI thread.
#pragma once

#include "ui/widgets/icons.h"

#include <QToolButton>

#include <optional>

namespace sluice::ui {

class FlatButton : public QToolButton
{
    Q_OBJECT

public:
    /// @p text is shown beside the icon and is the accessible name.
    explicit FlatButton(const QString &text, QWidget *parent = nullptr);
    FlatButton(Icon icon, const QString &text, QWidget *parent = nullptr);
    /// Icon only: @p text is the accessible name and the tool tip.
    static FlatButton *iconOnly(Icon icon, const QString &text, QWidget *parent = nullptr);

    void setPathIcon(Icon icon);
    /// Grey ground at rest ("214 new, follow").
    void setProminent(bool prominent);
    /// Text in the colour of links, no icon padding ("line 30", "All usage").
    void setLink(bool link);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    bool hasChevron() const;
    QString shownText() const;
    QColor textColour() const;
    void paintGround(QPainter *painter) const;
    void paintParts(QPainter *painter) const;

    std::optional<Icon> m_icon;
    bool m_prominent = false;
    bool m_link = false;
};

} // namespace sluice::ui
