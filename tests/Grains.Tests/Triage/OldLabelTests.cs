using System.Text.Json;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

/// <summary>What earlier releases wrote means what it meant.</summary>
public class OldLabelTests
{
    [Fact]
    public void Label_FromBeforeTextsWereTold_IsOfATextThatSomebodyElseBrought()
    {
        const string Written = """{"ticketId":"x:1","ticket":"0a","label":"Mail","source":"Feedback","by":"u-ada","at":"2026-03-02T08:00:00+00:00","decided":{"label":"Mail","version":"base:it-topic:1","band":"Review","at":"2026-03-02T08:00:00+00:00"}}""";

        var said = JsonSerializer.Deserialize(Written, TriageJson.Default.TicketLabelled)!;

        Assert.Equal((false, "Mail"), (said.IsOwnText, said.Decided?.Label));
    }

    [Fact]
    public void Work_FromBeforeWaitsWereTold_IsDueAtOnce()
    {
        const string Written = """{"stand":{"work":{"id":"x-1","phase":"OnTrial","trialAt":"2026-03-02T08:00:00+00:00","overridden":3,"othersOverridden":4,"evidence":{"logs":[0.1,0.2,0.3]}},"learntThrough":7}}""";

        var work = JsonSerializer.Deserialize(Written, TriageLearningJson.Default.LearningMoved)!.Stand.Work!;

        Assert.Equal((null, null, null, null, 3L), (work.NotBefore, work.AwaitedSince, work.Routed, work.ExpectedRate, work.Overridden));
    }
}
