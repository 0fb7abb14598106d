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
    return limitKindsText() + limitRulesText();
}

QString HelpDialog::limitKindsText()
{
    return tr(
        "<h3>Buckets</h3>"
        "<p><b>Capacity</b> is what fits in at once, and <b>refill-frequency</b> is the time in "
        "which an empty bucket becomes full again, evenly: 60 in one minute means 60 at once, then "
        "one every second. The bucket never resets; it fills while nobody asks.</p>"
        "<h3>Rolling windows</h3>"
        "<p><code>requests: 2000, period: 24h</code> is never exceeded in any 24 hours, wherever "
        "they begin. What was used eases off as it grows old, at most a sixtieth of the window "
        "later than it might.</p>"
        "<h3>Calendar windows</h3>"
        "<p><code>period: month, timezone: Europe/Berlin</code> is a budget for each month of that "
        "zone: all of it is free again when the next one begins. Days of 23 or 25 hours and months "
        "of any length are as long as they are. Without a time zone it is that of this machine; "
        "<code>week-starts</code> says on which day weeks begin.</p>"
        "<h3>Requests at the same time</h3>"
        "<p><code>max: 8</code> lets eight requests run at once; the next one may start when one "
        "ends. Nobody can say when that is, so there is no time to wait for.</p>"
        "<h3>Policies</h3>"
        "<p><code>Helicone-RateLimit-Policy: 1000;w=3600;s=user</code>, sent by a client, allows "
        "1 000 requests in any hour for each user of its key. An item of <i>policies</i> counts "
        "exactly as if every client had sent it. Without a name it is the same limit as long as "
        "its window, unit and segment stay; its quota may change.</p>"
        "<h3>What is counted</h3>"
        "<p>Requests, tokens (all, input or output), money, or requests in flight. Money is "
        "written in cents in the file and in dollars in this window. A model without a price is "
        "refused by limits in money unless <i>prices</i> says otherwise.</p>");
}

QString HelpDialog::limitRulesText()
{
    return tr(
        "<h3>Who shares a count</h3>"
        "<p><i>API key</i>: each gateway key has its own. <i>End user</i>: each value of the "
        "header Helicone-User-Id. <i>Property</i>: each value of a header Helicone-Property-…. "
        "<i>Team</i>, <i>team member</i>: by the owner of the key and the team it belongs to. "
        "<i>Shared</i>: one for everybody. Requests without the value share one count, are "
        "refused, or are not counted, as the limit says. <i>Exceptions</i> give single values "
        "amounts of their own.</p>"
        "<h3>Order</h3>"
        "<p>Global limits are asked first, then those of the router or the unified API, then the "
        "policy that the client sent itself. A request is charged to all of them or to none: a "
        "refusal uses nothing up.</p>"
        "<h3>Reservations</h3>"
        "<p>What a request will use is not known before it ends. So its input and the largest "
        "answer that it allows are reserved at first, and replaced by what was really used when "
        "it has ended. What it had too much is given back.</p>"
        "<h3>Debt</h3>"
        "<p>Where reality was dearer than expected, a limit in tokens or money goes beyond its "
        "amount. Nothing is taken back; the next request waits until that is paid off.</p>"
        "<h3>Tokens and cost</h3>"
        "<p>They are counted when the answer has ended, and since this console started. "
        "<b>~</b> marks what the provider did not report: it was counted or estimated. <b>?</b> is "
        "the cost of a model without a price, which is not nothing; such requests are in no sum. "
        "<i>Set price…</i> writes one into the draft. In filters <code>tokens&gt;1000</code> "
        "counts input and output, <code>cost&gt;2</code> is in cents, and "
        "<code>state:unpriced</code> finds what has no price.</p>"
        "<h3>What is recorded</h3>"
        "<p>Every request is a row of the ledger at its end, without bodies and secrets. "
        "Only with <code>recording.bodies: true</code> are bodies kept, in a file of their own on "
        "this machine, and the status bar says so all the time. <i>Usage</i> "
        "draws from it what a key, user, team, member, property value or model used over an hour "
        "to "
        "90 days; <i>Requests</i> goes on in it behind the latest 100 000; <i>Query</i> asks it in "
        "SQL, reading only. Charts and rows of the ledger are what was recorded; the bars of "
        "limits "
        "are the counters that decide.</p>"
        "<h3>States</h3>"
        "<p><b>Enforced</b> refuses with status 429. <b>Shadow</b> counts and shows what it would "
        "have refused, and refuses nothing. <b>Off</b> does not count.</p>"
        "<h3>Changing a limit</h3>"
        "<p>Another amount, period, time zone, condition or exception keeps what has been used. "
        "Another unit, segment or kind of counting starts anew, and so does another name. Review "
        "says which, and who is over the new limit now. It is in force for the next request after "
        "Apply, or as soon as the file has been saved by another program.</p>");
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
        + tr("Open what the row speaks of") + u"</td></tr><tr><td><b>"_s
        + QKeySequence(Qt::CTRL | Qt::Key_Return).toString(QKeySequence::NativeText)
        + u"</b></td><td>"_s + tr("Run the query, on the page Query; Esc cancels it")
        + u"</td></tr><tr><td><b>"_s + tr("F6") + u"</b></td><td>"_s
        + tr("The history of usage as charts or as a table") + u"</td></tr><tr><td><b>"_s
        + tr("Esc") + u"</b></td><td>"_s + tr("Clear filter, then selection")
        + u"</td></tr></table>"_s;
    return html;
}

} // namespace sluice::ui
