// SPDX-License-Identifier: GPL-3.0-or-later
// What screen readers get from custom-painted widgets, which Qt would report as "filler" without a
// value. GUI thread.
#pragma once

#include <QString>
#include <QVariant>

namespace sluice::ui {

/// A widget that shows one figure: it gets the role ProgressBar and a value interface.
class AccessibleFigure
{
public:
    virtual ~AccessibleFigure() = default;
    virtual double figure() const = 0;
    virtual double figureMaximum() const = 0;
    /// The figure as words: "0 of 60 left".
    virtual QString figureText() const = 0;
};

/// Installs the factory; later calls do nothing.
void installAccessibility();

} // namespace sluice::ui
