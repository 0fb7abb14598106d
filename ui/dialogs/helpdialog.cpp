// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/helpdialog.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QTextBrowser>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace sluice::ui {

HelpDialog::HelpDialog(const QString &title, const QString &html, QWidget *parent) : QDialog(parent)
{
    setObjectName(u"HelpDialog"_s);
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(title);
    resize(620, 480);
    auto *text = new QTextBrowser(this);
    text->setAccessibleName(title);
    text->setOpenExternalLinks(true);
    text->setHtml(html);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(text);
    layout->addWidget(buttons);
}

HelpDialog::~HelpDialog() = default;

QString HelpDialog::limitsText()
{
    return tr(
        "<h3>Capacity and refill</h3>"
        "<p>A configured limit is a bucket. <b>Capacity</b> is what fits in at once, and "
        "<b>refill-frequency</b> is the time in which an empty bucket becomes full again, evenly: "
        "60 in one minute means 60 at once, then one every second. The bucket never resets; it "
        "fills while nobody asks.</p>"
        "<h3>Who shares a bucket</h3>"
        "<p><i>per-api-key</i>: each gateway key has its own. <i>per-end-user</i>: each value of "
        "the header Helicone-User-Id. <i>per-property</i>: each value of a header "
        "Helicone-Property-…. <i>per-team</i>, <i>per-team-member</i>: by the owner of the key and "
        "the team it belongs to. <i>shared</i>: one for everybody. Requests without the value "
        "share "
        "one bucket unless the limit says otherwise. Several limits of one kind stand in a list, "
        "each with a name.</p>"
        "<h3>Usage limits</h3>"
        "<p><i>usage-limits</i> count in a window that rolls: <code>requests: 2000, period: "
        "24h</code> is never exceeded in any 24 hours. What was used eases off as it grows "
        "old.</p>"
        "<h3>Order</h3>"
        "<p>Global limits are asked first, then those of the router or the unified API, then the "
        "policy that the client sent itself. A request is charged to all of them or to none: a "
        "refusal uses nothing up.</p>"
        "<h3>Policy header</h3>"
        "<p><code>Helicone-RateLimit-Policy: 1000;w=3600;s=user</code> allows 1 000 requests in "
        "any hour for each user. It is a rolling window: what was used eases off as it grows "
        "old.</p>"
        "<h3>Modes</h3>"
        "<p><b>Enforce</b> refuses with status 429. <b>Shadow</b> counts and shows what it would "
        "have refused, and refuses nothing. <b>Off</b> does not count.</p>"
        "<h3>Changing a limit</h3>"
        "<p>An edit keeps what has been used. It is in force for the next request after Apply, or "
        "as soon as the file has been saved by another program.</p>");
}

QString HelpDialog::aboutText()
{
    return tr("<h3>Sluice %1</h3>"
              "<p>A desktop console with an AI gateway inside.</p>"
              "<p>Free software under the GNU General Public License, version 3 or later. There is "
              "no warranty, to the extent permitted by law.</p>"
              "<p>Built with Qt %2, libcurl and yaml-cpp.</p>")
        .arg(QStringLiteral(SLUICE_VERSION), QLatin1StringView(qVersion()));
}

QString HelpDialog::shortcutsText(const QList<QAction *> &actions)
{
    QString html = u"<table cellpadding=\"4\">"_s;
    for (const QAction *action : actions) {
        QStringList keys;
        for (const QKeySequence &key : action->shortcuts())
            keys += key.toString(QKeySequence::NativeText).toHtmlEscaped();
        if (keys.isEmpty())
            continue;
        QString text = action->text();
        text.remove(u'&');
        html += u"<tr><td><b>"_s + keys.join(u", "_s) + u"</b></td><td>"_s + text.toHtmlEscaped()
            + u"</td></tr>"_s;
    }
    html += u"<tr><td><b>"_s + tr("Space") + u"</b></td><td>"_s + tr("Freeze view, in a list")
        + u"</td></tr><tr><td><b>"_s + tr("Return") + u"</b></td><td>"_s
        + tr("Open what the row speaks of") + u"</td></tr><tr><td><b>"_s + tr("Esc")
        + u"</b></td><td>"_s + tr("Clear filter, then selection") + u"</td></tr></table>"_s;
    return html;
}

} // namespace sluice::ui
