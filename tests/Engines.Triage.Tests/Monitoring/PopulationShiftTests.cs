using Steward.Engines.Triage.Monitoring;
using Steward.Engines.Triage.Tests.Learning;

namespace Steward.Engines.Triage.Tests.Monitoring;

public class PopulationShiftTests
{
    [Theory]
    [InlineData(60, 400)]
    [InlineData(300, 300)]
    public void OfWords_SameKindOfTickets_SeldomAlarms(int newer, int older)
    {
        var desk = new Desk(31);
        var alarms = Enumerable.Range(0, 150).Count(_ => PopulationShift.OfWords(
            [.. Enumerable.Range(0, older).Select(i => desk.Ticket(i % 4))], [.. Enumerable.Range(0, newer).Select(i => desk.Ticket(i % 4))])!.Value.IsShifted);

        Assert.InRange(alarms / 150d, 0, 0.05);
    }

    [Fact]
    public void OfWords_AQuarterIsAboutSomethingElse_Alarms()
    {
        var desk = new Desk(32);
        var alarms = Enumerable.Range(0, 20).Count(_ => PopulationShift.OfWords(
            [.. Enumerable.Range(0, 400).Select(i => desk.Ticket(i % 3))], [.. Enumerable.Range(0, 200).Select(i => desk.Ticket(i % 4))])!.Value.IsShifted);

        Assert.InRange(alarms, 19, 20);
    }

    [Fact]
    public void OfLabels_SameMix_SeldomAlarmsAndAnotherOneDoes()
    {
        var random = new Random(33);
        string[] Mix(int count, double first) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() < first ? "a" : Desk.Groups[random.Next(4)])];

        Assert.InRange(Enumerable.Range(0, 300).Count(_ => PopulationShift.OfLabels(Mix(500, 0.2), Mix(100, 0.2))!.Value.IsShifted) / 300d, 0, 0.05);
        Assert.True(PopulationShift.OfLabels(Mix(500, 0.2), Mix(200, 0.4))!.Value.IsShifted);
    }

    [Fact]
    public void OfLabels_TooFew_SaysNothing() => Assert.Null(PopulationShift.OfLabels([.. Enumerable.Repeat("a", 500)], ["b"]));
}
