// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/initui.h"

#include "ui/widgets/accessible.h"
#include "ui/widgets/cellvalues.h"

namespace sluice::ui {

void initUi()
{
    qRegisterMetaType<GaugeValue>();
    qRegisterMetaType<SparklineValue>();
    qRegisterMetaType<ChipValue>();
    installAccessibility();
}

} // namespace sluice::ui
