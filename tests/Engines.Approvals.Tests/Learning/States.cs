using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.People;
using Steward.Engines.Approvals.Tests.Rules;

namespace Steward.Engines.Approvals.Tests.Learning;

/// <summary>Requests in some state.</summary>
internal static class States
{
    public static ApprovalState Open(string asked, string type, DateTimeOffset openedAt, TimeSpan time) => new()
    {
        Version = 3,
        ChangedAt = openedAt,
        ExpiresAt = openedAt.AddDays(7),
        Status = ApprovalStatus.Pending,
        Request = Examples.Request() with { Type = type },
        Levels =
        [
            new LevelState
            {
                Number = 1,
                Name = "Manager",
                Required = 1,
                OpenedAt = openedAt,
                EndsAt = openedAt + time,
                Seats = [.. asked.Split(',').Select(email => new Seat { Person = new PersonRef { Email = email, Name = email }, Via = ["named"] })],
            },
        ],
    };
}
