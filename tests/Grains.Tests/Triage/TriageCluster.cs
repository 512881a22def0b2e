using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;
using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Incidents;
using Steward.Engines.Triage.Tickets;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Storage;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

/// <summary>A silo whose triage asks models that the tests script.</summary>
public sealed class TriageCluster : GrainCluster
{
    internal const int SnapshotAfter = 40;

    internal FakeModels Models { get; } = new();

    internal IContentStore Contents => Silo.GetRequiredService<IContentStore>();

    internal static string NewTenant() => "t-" + Guid.NewGuid().ToString("n")[..10];

    internal ITriageGrain Triage(string tenant) => Grains.GetGrain<ITriageGrain>(GrainKeys.Triage(tenant));

    internal void SignInAsPlatform(string tenant) => SignIn(tenant, PlatformIdentity.UserId, WellKnownRoles.System);

    internal void SignInAsAdmin(string tenant) => SignIn(tenant, "u-root", WellKnownRoles.Admin);

    /// <summary>Lets the triage of a tenant leave memory as when its connection to the store broke, and waits until it has.</summary>
    internal async Task LeaveAsync(string tenant)
    {
        var failure = Models.Failure;
        Models.Failure = null;
        // Looked for before it leaves: others, such as what trains, may bring it back at once.
        var left = DeactivatedAsync(Triage(tenant));
        Faults.Lose(GrainKeys.Triage(tenant), 1);
        await Assert.ThrowsAsync<Steward.Errors.StewardException>(() => Triage(tenant).Classify(new TriageTicket { Id = "lost:" + Guid.NewGuid(), ShortDescription = "Access" }));
        await left;
        Models.Failure = failure;
    }

    /// <summary>A head of words: tickets with a group's words belong to it.</summary>
    internal static byte[] Head(params (string Label, string Words)[] groups) => Train(groups, static _ => null);

    /// <summary>A head that reads vectors, too.</summary>
    internal static byte[] HeadWithVectors(params (string Label, string Words)[] groups) => Train(groups, FakeModels.Vector);

    protected override void Configure(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<ITriageModels>(Models);
        silo.Services.Replace(ServiceDescriptor.Singleton<Func<ITicketWatch>>(() => new TitleWatch()));
        silo.Services.Configure<TriageOptions>(options =>
        {
            options.SnapshotAfter = SnapshotAfter;
            options.SimilarTickets = 100;

            // Others count how often models are asked; what is found by meaning has tests of its own.
            options.SimilarModel = "";
            options.ModelPause = TimeSpan.Zero;
        });
    }

    private static byte[] Train((string Label, string Words)[] groups, Func<string, float[]?> embed)
    {
        var tickets = groups.SelectMany(group => group.Words.Split(' ').SelectMany(word => Enumerable.Range(0, 12).Select(i => (group.Label, Text: $"{word} please {i % 4}"))))
            .Select((one, i) => new TrainingTicket(TicketFeatures.Of(new Ticket { ShortDescription = one.Text }, embed(one.Text)), one.Label, 1, $"{one.Text} {i}"))
            .ToList();
        return TenantHeadTrainer.Train(tickets).Head.ToBytes();
    }

    /// <summary>The same title again is a duplicate; from the third on it is a major incident.</summary>
    private sealed class TitleWatch : ITicketWatch
    {
        private readonly Dictionary<string, List<string>> _seen = [];
        private readonly HashSet<string> _closed = [];

        public bool Close(string ticketId) => _closed.Add(ticketId);

        public TicketSighting See(string ticketId, Ticket ticket, DateTimeOffset at)
        {
            var same = _seen.TryGetValue(ticket.ShortDescription, out var known) ? known : _seen[ticket.ShortDescription] = [];
            var sighting = new TicketSighting(same.Find(id => id != ticketId && !_closed.Contains(id)), same.Count >= 2 ? "incident-1" : null);
            if (!same.Contains(ticketId))
            {
                same.Add(ticketId);
            }

            return sighting;
        }
    }
}

/// <summary>The tests of triage share one silo.</summary>
[CollectionDefinition(Name)]
public sealed class TriageClusterGroup : ICollectionFixture<TriageCluster>
{
    public const string Name = "triage";
}
