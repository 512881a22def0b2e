using System.Text.Json;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.People;
using Steward.Storage;

namespace Steward.Approvals;

/// <summary>An approval's row in the lists. Its document is the approval's state as a snapshot, without what lists have no use for. Pure.</summary>
internal static class ApprovalRows
{
    // What the table holds for a row.
    private const int MaxNames = 1000;
    private const int MaxDocumentLength = 1024 * 1024;
    private static readonly JsonElement Nothing = JsonElement.Parse("{}");

    /// <summary>The row.</summary>
    public static ApprovalRow Of(ApprovalState state) => new()
    {
        TenantId = state.Request.TenantId,
        ApprovalId = state.Request.ApprovalId,
        Version = state.Version,
        Status = ApprovalViews.StatusOf(state.Status),
        IsOver = state.IsOver,
        Type = state.Request.Type,
        Action = state.Request.Action,
        Requester = state.Request.Requester.UserId,
        RunId = state.Request.RunId,
        RequestedAt = state.Request.RequestedAt,
        DueAt = state.DueAt,
        EndedAt = state.End?.At,
        ChangedAt = state.ChangedAt,
        WaitsFor = [.. WaitsFor(state).Distinct(StringComparer.Ordinal).Take(MaxNames)],
        DecidedBy = [.. ApprovalViews.DecidersOf(state).Take(MaxNames)],
        Document = DocumentOf(state with { Outbox = [], Comments = [], Request = state.Request with { Preview = null } }),
        Summary = ApprovalListed.Of(state).Write(),
    };

    /// <summary>The approval that a row was made of.</summary>
    public static ApprovalState Read(ApprovalRow row) => ApprovalEvents.DeserializeState(System.Text.Encoding.UTF8.GetBytes(row.Document));

    /// <summary>How rows name a person who is asked by name.</summary>
    public static IEnumerable<string> ByName(string? userId, string? email) => Names("", userId, email);

    /// <summary>How rows name a person who is asked as a member of a group.</summary>
    public static IEnumerable<string> ByGroup(string? userId, string? email) => Names("group:", userId, email);

    /// <summary>How rows name a person who may act for one who is asked.</summary>
    public static IEnumerable<string> AsDelegate(string? userId, string? email) => Names("delegate:", userId, email);

    /// <summary>How rows name whoever has a role.</summary>
    public static string ByRole(string role) => "role:" + role;

    // The table refuses what is larger than it holds, and the request would be tried for ever: what a run sends can be a megabyte, which escapes make six of. The journal has it all.
    private static string DocumentOf(ApprovalState state)
    {
        var document = Text(state);
        return document.Length <= MaxDocumentLength ? document : Text(state with { Request = state.Request with { Arguments = Nothing, Attributes = null } });
    }

    private static string Text(ApprovalState state) => System.Text.Encoding.UTF8.GetString(ApprovalEvents.SerializeState(state));

    private static IEnumerable<string> WaitsFor(ApprovalState state)
    {
        if (state.OpenLevel is not { } level)
        {
            yield break;
        }

        for (var i = 0; i < level.Seats.Count; i++)
        {
            var seat = level.Seats[i];
            if (seat.Role is { } role)
            {
                yield return ByRole(role);
            }

            // A seat that voted waits no more; whoever has voted keeps a role's seat free for others.
            if (seat.Person is not { } person || level.Votes.Any(vote => vote.Seat == i))
            {
                continue;
            }

            foreach (var name in seat.Groups.Count > 0 && seat.Groups.Count >= seat.Via.Count ? ByGroup(person.UserId, person.Email) : ByName(person.UserId, person.Email))
            {
                yield return name;
            }

            foreach (var name in seat.StandIns.SelectMany(standIn => AsDelegate(standIn.Person.UserId, standIn.Person.Email)))
            {
                yield return name;
            }
        }
    }

    private static IEnumerable<string> Names(string prefix, string? userId, string? email)
    {
        if (!string.IsNullOrEmpty(email))
        {
            yield return $"{prefix}email:{email.ToLowerInvariant()}";
        }

        if (!string.IsNullOrEmpty(userId))
        {
            yield return $"{prefix}user:{userId}";
        }
    }
}
