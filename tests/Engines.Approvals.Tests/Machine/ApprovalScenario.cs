using System.Text.Json;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.People;
using Steward.Engines.Approvals.Rules;
using Steward.Engines.Definitions;

namespace Steward.Engines.Approvals.Tests.Machine;

/// <summary>A random company, request and chain.</summary>
internal sealed class ApprovalScenario
{
    public const int People = 9;

    /// <summary>Somebody whom only the rules name, by user id: the directory does not know them.</summary>
    public const int Stranger = People;

    public static readonly DateTimeOffset Begin = DateTimeOffset.Parse("2026-03-02T08:00:00Z", null);

    private static readonly string[] Roles = ["admin", "owner"];

    private int _delegations;

    public ApprovalScenario(Random random)
    {
        for (var i = 0; i < People; i++)
        {
            RolesOf.Add([.. Roles.Where(_ => random.Next(5) == 0)]);
            Directory.Add(
                Name(i),
                random.Next(5) > 0 ? Name(random.Next(People)) : null,
                isActive: random.Next(8) > 0,
                userId: null,
                random.Next(4) == 0 ? [new(Begin.AddHours(random.Next(-20, 40)), random.Next(2) == 0 ? null : Begin.AddHours(60), "directory")] : []);
            if (random.Next(3) == 0)
            {
                Directory.People[FakeDirectory.Mail(Name(i))] = Directory.People[FakeDirectory.Mail(Name(i))] with { UserId = null };
            }
        }

        Directory.Groups["team"] = [.. Enumerable.Range(0, People).Where(_ => random.Next(3) == 0).Select(Name)];
        if (random.Next(2) == 0)
        {
            Directory.Roles["owner"] = [.. Enumerable.Range(0, People).Where(i => RolesOf[i].Contains("owner")).Select(Name)];
        }

        for (var i = random.Next(6); i > 0; i--)
        {
            AddDelegation(random, Begin);
        }

        if (random.Next(3) == 0)
        {
            Share(random.Next(1, People));
        }

        RolesOf.Add([]);
        Chain = new()
        {
            Levels = [.. Enumerable.Range(1, random.Next(1, 4)).Select(number => Level(number, random))],
            Fallback = random.Next(2) == 0 ? [Spec(random)] : [],
            ExpiresAfter = TimeSpan.FromHours(random.Next(5, 80)),
            ValidFor = TimeSpan.FromHours(random.Next(1, 30)),
            FourEyes = random.Next(3) > 0,
            Veto = random.Next(2) == 0,
        };
        var arguments = JsonSerializer.SerializeToElement(new { user = random.Next(1000) });
        Request = new()
        {
            TenantId = "t-acme",
            ApprovalId = "a-1",
            Type = "db_access",
            Action = "db.grant",
            Arguments = arguments,
            SubjectHash = CanonicalJson.SubjectHash("db.grant", arguments),
            Summary = "Grant",
            Requester = new() { UserId = UserId(0), Email = FakeDirectory.Mail(Name(0)) },
            RequestedAt = Begin,
            RunId = random.Next(2) == 0 ? "r-1" : null,
            ExpiresAt = random.Next(5) == 0 ? Begin.AddHours(random.Next(1, 60)) : null,
        };
        Verdict = new()
        {
            Version = 3,
            Rule = "any",
            Explanation = "because",
            Chain = Chain,
            Freeze = random.Next(5) == 0 ? new("year end", Begin.AddHours(random.Next(1, 50)), "frozen") : null,
        };
    }

    public FakeDirectory Directory { get; } = new();

    public List<IReadOnlyList<string>> RolesOf { get; } = [];

    public List<Delegation> Delegations { get; } = [];

    /// <summary>Those with whose address somebody else signs in, too.</summary>
    public HashSet<int> Shared { get; } = [];

    public ChainDefinition Chain { get; }

    public ApprovalRequest Request { get; }

    public RuleVerdict Verdict { get; }

    public static string Name(int person) => "p" + person;

    public static string UserId(int person) => "u-" + Name(person);

    /// <summary>The number of whoever has an address or a user id.</summary>
    public static int NumberOf(string? userId, string? email) =>
        int.Parse((string.IsNullOrEmpty(email) ? userId!["u-".Length..] : email[..email.IndexOf('@', StringComparison.Ordinal)])[1..], null);

    public ApprovalActor Actor(int person) => new() { UserId = UserId(person), Email = FakeDirectory.Mail(Name(person)), Name = Name(person), Roles = RolesOf[person], IsAddressShared = Shared.Contains(person) };

    /// <summary>Somebody sets up a delegation, now or for later.</summary>
    public void AddDelegation(Random random, DateTimeOffset now)
    {
        var (from, to) = (random.Next(People), random.Next(People));
        Delegations.Add(new()
        {
            DelegationId = $"d-{_delegations++}",
            From = FakeDirectory.Mail(Name(from)),
            To = FakeDirectory.Mail(Name(to)),
            Begins = now.AddMinutes(random.Next(-600, 600)),
            Ends = now.AddMinutes(random.Next(601, 3600)),
            Types = random.Next(4) == 0 ? ["another"] : [],
        });
    }

    /// <summary>Somebody else signs in with the address of a person whose id the directory does not know.</summary>
    public void Share(int person)
    {
        var mail = FakeDirectory.Mail(Name(person));
        if (Directory.People[mail].UserId is null)
        {
            Directory.People[mail] = Directory.People[mail] with { IsAddressShared = true };
            Shared.Add(person);
        }
    }

    private LevelDefinition Level(int number, Random random) => new()
    {
        Name = $"level {number}",
        Approvers = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Spec(random))],
        Quorum = random.Next(4) switch
        {
            0 => Quorum.All,
            1 => new(QuorumKind.Count, random.Next(1, 4)),
            2 => new(QuorumKind.Percent, random.Next(1, 101)),
            _ => Quorum.Any,
        },
        Sla = random.Next(4) == 0
            ? null
            : new()
            {
                RemindAfter = [.. Enumerable.Range(0, random.Next(4)).Select(_ => TimeSpan.FromMinutes(random.Next(30, 900))).Order()],
                EscalateAfter = random.Next(2) == 0 ? TimeSpan.FromMinutes(random.Next(60, 1200)) : null,
                EscalateTo = random.Next(2) == 0 ? [Spec(random)] : [],
                EndsAfter = random.Next(2) == 0 ? TimeSpan.FromMinutes(random.Next(300, 2000)) : null,
                End = (SlaEnd)random.Next(3),
            },
    };

    private ApproverSpec Spec(Random random) => random.Next(6) switch
    {
        0 => new(ApproverKind.Group, "team"),
        1 => new(ApproverKind.Role, Roles[random.Next(2)]),
        2 => new(ApproverKind.ManagerOf, "requester", random.Next(1, 4)),
        3 when random.Next(People + 1) is var person && (person == Stranger || Directory.People[FakeDirectory.Mail(Name(person))].UserId is not null) => new(ApproverKind.User, UserId(person)),
        _ => new(ApproverKind.Email, FakeDirectory.Mail(Name(random.Next(People)))),
    };
}
