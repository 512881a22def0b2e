using Steward.Engines.Triage.Learning;
using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Tests.Learning;

/// <summary>A service desk whose tickets can be told apart, with people who label them.</summary>
internal sealed class Desk(int seed)
{
    public static readonly DateTimeOffset Begin = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    public static readonly string[] Groups = ["mail", "network", "accounts", "erp"];

    private static readonly string[][] Words =
    [
        ["outlook", "inbox", "calendar", "attachment", "signature", "spam"],
        ["vpn", "wifi", "router", "cable", "dns", "firewall"],
        ["password", "login", "locked", "token", "badge", "mfa"],
        ["invoice", "ledger", "posting", "order", "vendor", "payroll"],
    ];

    private static readonly string[] Filler = ["please", "help", "broken", "today", "again", "urgent", "cannot", "since", "update", "error", "screen", "laptop"];

    private readonly Random _random = new(seed);
    private long _sequence;

    public Ticket Ticket(int group) => new()
    {
        ShortDescription = string.Join(' ', Enumerable.Range(0, 9).Select(i => i < 3
            ? Words[_random.NextDouble() < 0.85 ? group : _random.Next(4)][_random.Next(6)]
            : $"{Filler[_random.Next(12)]}{(char)('a' + _random.Next(26))}")),
    };

    /// <summary>A person's word about a ticket; the head had decided something else in 12 of 100 cases.</summary>
    public LabelStatement Say(int group, string by, DateTimeOffset? at = null, double headIsRight = 0.88, LabelOrigin origin = LabelOrigin.Feedback)
    {
        var sequence = ++_sequence;
        return new LabelStatement
        {
            Sequence = sequence,
            TicketId = $"sim:{seed}-{sequence}",
            Ticket = Ticket(group),
            Label = Groups[group],
            Origin = origin,
            By = by,
            At = at ?? Begin.AddMinutes(sequence * 11),
            Decided = Groups[_random.NextDouble() < headIsRight ? group : (group + 1 + _random.Next(3)) % 4],
        };
    }

    /// <summary>A later word of somebody else about the same ticket.</summary>
    public LabelStatement SayAgain(LabelStatement earlier, string label, string by, DateTimeOffset at) => earlier with { Sequence = ++_sequence, Label = label, By = by, At = at, Origin = LabelOrigin.Feedback };

    /// <summary>Days of twelve honest people, one of whom does a quarter of the work.</summary>
    public List<LabelStatement> Honest(int count) => [.. Enumerable.Range(0, count).Select(i => Say(_random.Next(4), _random.Next(4) == 0 ? "u-busy" : $"u-{_random.Next(11)}"))];
}
