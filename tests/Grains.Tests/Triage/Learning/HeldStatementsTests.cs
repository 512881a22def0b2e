using Steward.Engines.Triage.Learning;
using Steward.Engines.Triage.Tickets;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage.Learning;

public class HeldStatementsTests
{
    [Fact]
    public void Add_MoreThanAreHeld_TheOldestOfWhoeverHoldsMostLeave()
    {
        var held = new HeldStatements(mostStatements: 6, mostCharacters: 1_000);
        foreach (var (by, sequence) in new[] { "u-ada", "u-bob", "u-mallory", "u-mallory", "u-mallory", "u-mallory", "u-mallory", "u-ada", "u-mallory" }.Select((by, i) => (by, i + 1)))
        {
            held.Add(Say(by, sequence));
        }

        Assert.Equal([1, 2, 6, 7, 8, 9], held.ToList().Select(statement => statement.Sequence));
    }

    [Fact]
    public void Add_MoreTextThanIsHeldAtOnce_HoldsNothing()
    {
        var held = new HeldStatements(mostStatements: 6, mostCharacters: 3);

        held.Add(Say("u-ada", 1));

        Assert.Empty(held.ToList());
    }

    private static LabelStatement Say(string by, long sequence) => new()
    {
        Sequence = sequence,
        TicketId = $"x:{sequence}",
        Ticket = new Ticket { Description = "four" },
        Label = "Mail",
        Origin = LabelOrigin.Feedback,
        By = by,
        At = DateTimeOffset.UnixEpoch,
    };
}
