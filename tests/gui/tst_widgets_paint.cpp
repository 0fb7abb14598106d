// SPDX-License-Identifier: GPL-3.0-or-later
// What people read off the painted parts: lengths, signs, colours, whole words.
#include "ui/widgets/bucketwidget.h"
#include "ui/widgets/format.h"
#include "ui/widgets/gaugebar.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/quotagauge.h"
#include "ui/widgets/signs.h"
#include "ui/widgets/sparkline.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QPainter>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::ui;

namespace {

struct Scene
{
    QPalette palette;
    qreal scale = 1;
};

QPalette paletteNamed(const QString &name)
{
    return name == "dark"_L1 ? Theme::darkPalette() : Theme::lightPalette();
}

QImage canvas(QSize size, qreal scale, const QColor &ground)
{
    QImage image(size * scale, QImage::Format_RGB32);
    image.setDevicePixelRatio(scale);
    image.fill(ground);
    return image;
}

QImage paintGauge(const GaugeValue &value, const Scene &scene, QSize size = {248, 20},
    Qt::LayoutDirection direction = Qt::LeftToRight)
{
    QImage image = canvas(size, scene.scale, scene.palette.color(QPalette::Base));
    QPainter painter(&image);
    paintQuotaGauge(&painter, QRectF(QPointF(), size), value,
        {scene.palette, Theme::font(FontRole::Text), direction});
    return image;
}

// The length of the strip in device pixels, read one pixel above the lower edge.
int stripLength(const QImage &image, const QColor &solid)
{
    const int y = image.height() - 1 - int(image.devicePixelRatio());
    int length = 0;
    for (int x = 0; x < image.width(); ++x)
        length += image.pixelColor(x, y) == solid ? 1 : 0;
    return length;
}

int countColour(const QImage &image, const QColor &colour, const QRect &area)
{
    int found = 0;
    for (int y = area.top(); y <= area.bottom(); ++y) {
        for (int x = area.left(); x <= area.right(); ++x)
            found += image.pixelColor(x, y) == colour ? 1 : 0;
    }
    return found;
}

GaugeValue requests(qint64 used, qint64 quota)
{
    return format::gauge(Unit::Request, used * MicroPerUnit, quota * MicroPerUnit);
}

void addScenes()
{
    QTest::addColumn<QString>("theme");
    QTest::addColumn<int>("scale");
    for (const char *theme : {"light", "dark"}) {
        for (const int scale : {1, 2})
            QTest::addRow("%s, %dx", theme, scale) << QString::fromLatin1(theme) << scale;
    }
}

} // namespace

class TestWidgetsPaint : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    // The offscreen platform says of every fixed size that it does not hand it on.
    void init()
    {
        QTest::failOnWarning(
            QRegularExpression(u"^(?!This plugin does not support propagateSizeHints).*"_s));
    }

    void fillEndsAtUsedOverLimit_data()
    {
        QTest::addColumn<qint64>("used");
        QTest::addColumn<qint64>("quota");
        QTest::addColumn<int>("pixels"); // of 248 logical ones
        QTest::newRow("nothing") << qint64(0) << qint64(120) << 0;
        QTest::newRow("a trace is 2 px") << qint64(1) << qint64(1'000'000) << 2;
        QTest::newRow("41 %") << qint64(412) << qint64(1000) << 102;
        QTest::newRow("half") << qint64(60) << qint64(120) << 124;
        QTest::newRow("near") << qint64(54) << qint64(60) << 223;
        QTest::newRow("full") << qint64(60) << qint64(60) << 246; // the round corners take two
        QTest::newRow("above") << qint64(90) << qint64(60) << 246;
    }

    void fillEndsAtUsedOverLimit()
    {
        QFETCH(qint64, used);
        QFETCH(qint64, quota);
        QFETCH(int, pixels);
        for (const QString &theme : {u"light"_s, u"dark"_s}) {
            for (const int scale : {1, 2}) {
                const Scene scene{paletteNamed(theme), qreal(scale)};
                const GaugeValue value = requests(used, quota);
                const QImage image = paintGauge(value, scene);
                const QColor solid = StatusPalette(scene.palette).solid(value.state);
                const int length = stripLength(image, solid);
                // The corner of the strip is rounded: up to two logical pixels may be blended.
                QVERIFY2(std::abs(length - pixels * scale) <= 2 * scale,
                    qPrintable(QString::number(length)));
            }
        }
    }

    void fillIsExactAwayFromTheCorners()
    {
        const Scene scene{Theme::lightPalette(), 1};
        const QImage image = paintGauge(requests(60, 120), scene);
        const StatusPalette colours(scene.palette);
        QCOMPARE(image.pixelColor(123, 18), colours.solid(State::Normal));
        QCOMPARE(image.pixelColor(124, 18), colours.track());
        QCOMPARE(image.pixelColor(123, 1), colours.fill(State::Normal));
        QCOMPARE(image.pixelColor(124, 1), colours.track());
    }

    void fillStartsAtTheRightInRightToLeft()
    {
        const Scene scene{Theme::lightPalette(), 1};
        const QImage image = paintGauge(requests(30, 120), scene, {248, 20}, Qt::RightToLeft);
        const StatusPalette colours(scene.palette);
        QCOMPARE(image.pixelColor(186, 18), colours.solid(State::Normal));
        QCOMPARE(image.pixelColor(185, 18), colours.track());
    }

    void widthIsRoundedToDevicePixels()
    {
        QCOMPARE(gaugeFillWidth(100, 1, 3, 1), 33.0);
        QCOMPARE(gaugeFillWidth(100, 1, 3, 2), 33.5);
        QCOMPARE(gaugeFillWidth(100, 0, 3, 1), 0.0);
        QCOMPARE(gaugeFillWidth(100, 5, 0, 1), 0.0);
        QCOMPARE(gaugeFillWidth(1, 1, 3, 1), 1.0); // never wider than the bar
        QCOMPARE(gaugeFillWidth(100, std::numeric_limits<qint64>::max(), 1, 1), 100.0);
    }

    void everyStateHasItsSign_data() { addScenes(); }

    void everyStateHasItsSign()
    {
        QFETCH(QString, theme);
        QFETCH(int, scale);
        const Scene scene{paletteNamed(theme), qreal(scale)};
        const StatusPalette colours(scene.palette);
        for (const State state : {State::Near, State::Refused, State::Shadow}) {
            GaugeValue value = requests(50, 100);
            value.state = state;
            value.stateWord = u"word"_s;
            const QImage with = paintGauge(value, scene);
            const QRect right(with.width() / 2, 0, with.width() / 2, with.height() - 4 * scale);
            QVERIFY(countColour(with, colours.solid(state), right) > 4 * scale);
            value.sign = Sign::None;
            QCOMPARE(countColour(paintGauge(value, scene), colours.solid(state), right), 0);
        }
    }

    void shadowIsDashed()
    {
        const Scene scene{Theme::lightPalette(), 1};
        GaugeValue value = requests(100, 100);
        value.state = State::Shadow;
        const int length = stripLength(
            paintGauge(value, scene), StatusPalette(scene.palette).solid(State::Shadow));
        QVERIFY2(std::abs(length - 248 * 4 / 6) <= 4, qPrintable(QString::number(length)));
    }

    void slashesOfAColumnLineUp()
    {
        // The used amount ends at x = 74, whatever its length.
        const Scene scene{Theme::lightPalette(), 1};
        const StatusPalette colours(scene.palette);
        for (const qint64 used : {7, 83, 412}) {
            GaugeValue value = requests(used, 1'000'000);
            value.quotaText = QString();
            value.unitText = QString();
            const QImage image = paintGauge(value, scene);
            int last = 0;
            for (int x = 4; x < 110; ++x) {
                if (countColour(image, colours.track(), QRect(x, 2, 1, 12)) < 12)
                    last = x;
            }
            QVERIFY2(last >= 78 && last <= 84, qPrintable(QString::number(last)));
        }
    }

    void noWordIsCut_data() { addScenes(); }

    // The text of a gauge as wide as its hint leaves the padding at both ends free.
    void noWordIsCut()
    {
        QFETCH(QString, theme);
        QFETCH(int, scale);
        const Scene scene{paletteNamed(theme), qreal(scale)};
        const StatusPalette colours(scene.palette);
        GaugeValue value = format::gauge(Unit::Token, 0, 2'000'000 * MicroPerUnit);
        value.stateWord = u"+1 500 000 until 16:00"_s;
        const QSize size(gaugeWidthHint(value, Theme::font(FontRole::Text)), 20);
        const QImage image = paintGauge(value, scene, size);
        const int padding = 6 * scale;
        QCOMPARE(countColour(image, colours.text(), QRect(0, 0, padding, image.height())), 0);
        QCOMPARE(countColour(image, colours.text(),
                     QRect(image.width() - padding, 0, padding, image.height())),
            0);
        const int before = countColour(image, colours.text(), image.rect());
        const QImage wide = paintGauge(value, scene, size + QSize(60, 0));
        QCOMPARE(countColour(wide, colours.text(), wide.rect()), before);
    }

    void aNarrowGaugeNeverPaintsOutside()
    {
        for (const int width : {0, 1, 5, 20, 60, 90}) {
            const Scene scene{Theme::lightPalette(), 1};
            QImage image = canvas({200, 40}, 1, Qt::magenta);
            QPainter painter(&image);
            GaugeValue value = requests(1'000'000'000, 1'000'000'000);
            value.stateWord = u"refused, a very long word"_s;
            painter.setClipRect(QRect(0, 0, 200, 40));
            paintQuotaGauge(&painter, QRectF(50, 10, width, 20), value,
                {scene.palette, Theme::font(FontRole::Text)});
            painter.end();
            QCOMPARE(countColour(image, Qt::magenta, QRect(50 + width, 0, 200 - 50 - width, 40)),
                (150 - width) * 40);
        }
    }

    void stateColoursHaveContrast_data()
    {
        QTest::addColumn<QString>("theme");
        QTest::newRow("light") << u"light"_s;
        QTest::newRow("dark") << u"dark"_s;
    }

    void stateColoursHaveContrast()
    {
        QFETCH(QString, theme);
        const StatusPalette colours(paletteNamed(theme));
        for (int i = 0; i < 5; ++i) {
            const auto state = State(i);
            QVERIFY(StatusPalette::contrast(colours.solid(state), colours.base()) >= 3);
            QVERIFY(StatusPalette::contrast(colours.word(state), colours.base()) >= 4.5);
            QVERIFY(StatusPalette::contrast(colours.text(), colours.fill(state)) >= 4.5);
            const QColor chip = colours.chip(state).alpha() ? colours.chip(state) : colours.base();
            QVERIFY(StatusPalette::contrast(colours.word(state), chip) >= 4.5);
        }
        QVERIFY(StatusPalette::contrast(colours.text(), colours.base()) >= 7);
        QVERIFY(StatusPalette::contrast(colours.second(), colours.base()) >= 4.5);
        QVERIFY(StatusPalette::contrast(colours.second(), colours.window()) >= 4.5);
        QVERIFY(StatusPalette::contrast(colours.second(), colours.selection(true)) >= 4.5);
        QVERIFY(StatusPalette::contrast(colours.link(), colours.base()) >= 4.5);
        QVERIFY(StatusPalette::contrast(colours.edge(), colours.base()) >= 3);
        QVERIFY(StatusPalette::contrast(colours.highlightedText(), colours.highlight()) >= 4.5);
        QVERIFY(StatusPalette::contrast(colours.text(), colours.track()) >= 7);
        for (int i = 0; i <= int(Syntax::Comment); ++i)
            QVERIFY(StatusPalette::contrast(colours.syntax(Syntax(i)), colours.code()) >= 4.5);
        for (const DiffSide side : {DiffSide::Removed, DiffSide::Added}) {
            QVERIFY(StatusPalette::contrast(colours.text(), colours.diffGround(side)) >= 4.5);
            QVERIFY(StatusPalette::contrast(colours.text(), colours.diffWord(side)) >= 4.5);
        }
    }

    void foreignPalettesKeepTheContrast()
    {
        QPalette sepia;
        sepia.setColor(QPalette::Base, QColor(0xFD, 0xF6, 0xE3));
        sepia.setColor(QPalette::Text, QColor(0x2A, 0x2A, 0x2A));
        const StatusPalette colours(sepia);
        QVERIFY(!colours.isDark());
        QVERIFY(StatusPalette::contrast(colours.second(), colours.base()) >= 4.5);
        QVERIFY(StatusPalette::contrast(colours.edge(), colours.base()) >= 2.8);
    }

    void disabledGroupDoesNotLeakIntoTheCache()
    {
        QPalette palette = Theme::lightPalette();
        palette.setCurrentColorGroup(QPalette::Disabled);
        QCOMPARE(StatusPalette::of(palette).text(), QColor(0x1C, 0x21, 0x26));
    }

    void highContrastUsesNoFills()
    {
        const Scene scene{Theme::highContrastPalette(), 1};
        const StatusPalette colours(scene.palette);
        QVERIFY(colours.isHighContrast());
        QVERIFY(!StatusPalette(Theme::lightPalette()).isHighContrast());
        const QImage image = paintGauge(requests(60, 120), scene);
        QCOMPARE(image.pixelColor(20, 8), colours.base());
        QCOMPARE(image.pixelColor(20, 17), colours.text());
    }

    void everyIconPaintsWithinItsSquare()
    {
        for (int i = 0; i < IconCount; ++i) {
            QImage image = canvas({20, 20}, 2, Qt::white);
            QPainter painter(&image);
            paintIcon(&painter, QRectF(2, 2, 16, 16), Icon(i), Qt::black);
            painter.end();
            const QString name = iconName(Icon(i));
            QVERIFY2(countColour(image, Qt::white, image.rect()) < 1600 - 8, qPrintable(name));
            // 1 px of the 2 px margin may be touched by the stroke's own width, nothing outside.
            for (const QRect &edge :
                {QRect(0, 0, 40, 5), QRect(0, 35, 40, 5), QRect(0, 0, 5, 40), QRect(35, 0, 5, 40)})
                QVERIFY2(countColour(image, Qt::white, edge) == edge.width() * edge.height(),
                    qPrintable(name));
        }
    }

    void iconsFollowThePalette()
    {
        const QPixmap normal = icon(Icon::Plus).pixmap(16, QIcon::Normal);
        const QPixmap disabled = icon(Icon::Plus).pixmap(16, QIcon::Disabled);
        QVERIFY(normal.toImage() != disabled.toImage());
        QVERIFY(!programIcon().pixmap(48).isNull());
        QCOMPARE(programIcon().pixmap(16).size(), QSize(16, 16));
    }

    void sparklineShowsOneRequestAndRefusals()
    {
        const StatusPalette colours(Theme::lightPalette());
        QImage image = canvas({120, 16}, 1, colours.base());
        SparklineValue value;
        value.admitted = QList<double>(60, 0);
        value.refused = QList<double>(60, 0);
        value.admitted[10] = 1000;
        value.admitted[30] = 1;
        value.refused[40] = 1;
        QPainter painter(&image);
        paintSparkline(&painter, QRectF(0, 0, 120, 16), value, colours, colours.base());
        painter.end();
        QVERIFY(image.pixelColor(20, 0) != colours.base()); // the peak fills the height
        QVERIFY(image.pixelColor(61, 14) != colours.base()); // one request is visible
        QCOMPARE(image.pixelColor(81, 14), colours.solid(State::Refused));
        QCOMPARE(image.pixelColor(101, 14), colours.base()); // quiet
    }

    void sparklineSurvivesStrangeFigures()
    {
        const StatusPalette colours(Theme::lightPalette());
        QImage image = canvas({120, 16}, 1, colours.base());
        QPainter painter(&image);
        SparklineValue value;
        value.admitted = {std::numeric_limits<double>::infinity(), -5, std::nan(""), 1e300};
        value.refused = QList<double>(500, 1e308);
        paintSparkline(&painter, QRectF(0, 0, 120, 16), value, colours, colours.base());
        paintSparkline(&painter, QRectF(0, 0, 120, 16), {}, colours, colours.base());
    }

    void bucketDrawsItsLevel()
    {
        BucketWidget widget;
        widget.setPalette(Theme::lightPalette());
        widget.resize(276, 190);
        BucketValue value;
        value.capacity = 60;
        value.left = 30;
        value.level = {{-60, 60}, {-30, 30}};
        widget.setBucket(value);
        const StatusPalette colours(Theme::lightPalette());
        const QImage image = widget.grab().toImage();
        const QRectF plot = widget.plotRect();
        const int middle = int(std::round(plot.center().y()));
        QCOMPARE(image.pixelColor(10, middle - 6), colours.track());
        QCOMPARE(image.pixelColor(10, middle + 6), colours.fill(State::Normal));
        QCOMPARE(widget.figureText(), u"30 of 60 left"_s);
    }
};

QTEST_MAIN(TestWidgetsPaint)
#include "tst_widgets_paint.moc"
