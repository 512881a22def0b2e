using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Memory;

namespace Steward.Grains.Tests.Memory;

/// <summary>What tests do with memories.</summary>
internal static class Remembering
{
    public static string NewUser() => "u-" + Guid.NewGuid().ToString("n")[..12];

    public static IUserMemoryGrain MemoryOf(this GrainCluster cluster, string user, string tenant = "t-acme") => cluster.Grains.GetGrain<IUserMemoryGrain>(GrainKeys.UserMemory(tenant, user));

    public static MemoryStatement Said(string slot, string value, MemoryKind kind = MemoryKind.Fact, bool isRetraction = false) =>
        new() { Kind = kind, Subject = "self", Slot = slot, Value = value, Confidence = 0.9, IsRetraction = isRetraction };

    /// <summary>Brings statements to a memory as the platform does.</summary>
    public static Task NoteAsync(this GrainCluster cluster, string user, string messageId, DateTimeOffset saidAt, params MemoryStatement[] statements)
    {
        cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
        var noted = cluster.MemoryOf(user).Note(new NoteStatements { MessageId = messageId, SaidAt = saidAt, Statements = statements });

        // Whoever waits for it is the person again.
        cluster.SignIn("t-acme", user);
        return noted;
    }

    public static async Task<IReadOnlyList<MemoryItem>> AllAsync(this IUserMemoryGrain memory, bool superseded = false) =>
        (await memory.List(new ListMemories { Limit = 200, IncludeSuperseded = superseded })).Memories;

    /// <summary>Whether a text stands in a journal as it is.</summary>
    public static async Task<bool> HoldsPlainAsync(this GrainCluster cluster, string journal, string text) =>
        (await cluster.Journals.ReadAsync(journal, 0, 1000)).Any(entry => System.Text.Encoding.UTF8.GetString(entry.Payload.Span).Contains(text, StringComparison.Ordinal));
}
