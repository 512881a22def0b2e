using Steward.Engines.Definitions;
using Steward.Engines.Triage.Routing;
using Steward.Engines.Triage.Tickets;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Triage;

/// <summary>What may be asked of triage. Pure.</summary>
internal static class TriageRules
{
    public const int LongestTicketId = 200;
    public const int LongestLabel = 200;
    private const string AllGroups = "*";
    private const int MostGroups = 500;
    private const int LongestDescription = 1_000;
    private const int LongestSearch = 2_000;
    private const int MostFound = 50;
    private const int MostGroupsSearched = 50;
    private const int MostBaseLabels = 100;
    private const int MostConnectors = 50;
    private const int MostSenders = 20;
    private const int MostTicketsPerHour = 10_000;
    private const int LongestName = 64;
    private const int LongestBy = 200;

    /// <summary>Refuses a ticket that is not what is allowed.</summary>
    /// <exception cref="StewardException"><c>invalid_argument</c> names the field.</exception>
    public static void Check(TriageTicket ticket)
    {
        if (Find(ticket) is { } problem)
        {
            throw StewardException.Invalid(problem.Field, problem.Allowed);
        }
    }

    /// <summary>Says what of a label is not what is allowed; null when everything is.</summary>
    public static FieldProblem? Find(TriageLabel label, TriageSettings settings, bool isPlatform, bool isAdmin)
    {
        if ((Name("ticketId", label.TicketId, LongestTicketId) ?? Name("label", label.Label, LongestLabel)) is { } named)
        {
            return named;
        }

        if (label.Label == AllGroups)
        {
            return new FieldProblem("label", $"must not be {AllGroups}, which stands for all groups.");
        }

        if (!Enum.IsDefined(label.Source) || (!isPlatform && label.Source != TriageLabelSource.Feedback && !(isAdmin && label.Source == TriageLabelSource.Import)))
        {
            return new FieldProblem("source", "must be feedback; only an admin imports, and only the platform says the others.");
        }

        // What somebody types must be a group that there is; what a system did is what happened.
        if (label.Source == TriageLabelSource.Feedback && settings.Groups.Count > 0 && label.Label != GroupAnswer.OutOfScope
            && !settings.Groups.Any(group => string.Equals(group.Name, label.Label, StringComparison.Ordinal)))
        {
            return new FieldProblem("label", $"must be one of the tenant's groups, or {GroupAnswer.OutOfScope}.");
        }

        if (isPlatform && Name("by", label.By, LongestBy) is { } by)
        {
            return by;
        }

        if (label.EventId is not null && Name("eventId", label.EventId, LongestBy) is { } eventId)
        {
            return eventId;
        }

        if (label.Ticket is not { } ticket)
        {
            return null;
        }

        return ticket.Id is not null && ticket.Id != label.TicketId ? new FieldProblem("ticket.id", "must be the label's ticketId, or absent.")
            : Find(ticket) is { } problem ? problem with { Field = "ticket." + problem.Field }
            : null;
    }

    /// <summary>Refuses a search that is not what is allowed.</summary>
    /// <exception cref="StewardException"><c>invalid_argument</c> names the field.</exception>
    public static void Check(FindTickets query)
    {
        Require(!string.IsNullOrWhiteSpace(query.Text) && TicketLimits.FindText("text", query.Text, LongestSearch) is null, "text", $"must be a text of 1 to {LongestSearch} characters.");
        Require(query.Top is >= 1 and <= MostFound, "top", $"must be 1 to {MostFound}.");
        Require(query.Groups is null || (query.Groups.Count <= MostGroupsSearched && query.Groups.All(group => Name("groups", group, LongestLabel) is null)), "groups", $"must be at most {MostGroupsSearched} names of groups.");
    }

    /// <summary>Refuses settings that are not what is allowed.</summary>
    /// <exception cref="StewardException"><c>invalid_argument</c> names the field.</exception>
    public static void Check(TriageSettings settings)
    {
        Require(settings.Groups is { Count: <= MostGroups }, "groups", $"must be at most {MostGroups}.");
        CheckGroups(settings.Groups);
        Require(IsName(settings.BaseModel), "baseModel", $"must be a model's name: 1 to {LongestName} of a-z, 0-9, '.', '_' and '-'.");
        Require(settings.WantedPrecision is > 0 and < 1, "wantedPrecision", "must be above 0 and below 1.");
        Require(settings.AutoRouteAt is null or (> 0 and <= 1), "autoRouteAt", "must be above 0 and at most 1, or absent to have it tuned.");
        Require(settings.ReviewAt is null or (> 0 and <= 1), "reviewAt", "must be above 0 and at most 1, or absent to have it tuned.");
        Require(!(settings.AutoRouteAt < settings.ReviewAt), "autoRouteAt", "must not be below reviewAt.");
        Require(settings.TrainingHour is >= 0 and <= 23, "trainingHour", "must be 0 to 23.");
        Require(TimeZones.TryFind(settings.TimeZone, out _), "timeZone", "must be a time zone of the IANA database, such as Europe/Berlin.");
        Require(settings.Connectors is { Count: <= MostConnectors }, "connectors", $"must be at most {MostConnectors}.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < settings.Connectors.Count; i++)
        {
            var connector = settings.Connectors[i];
            Require(connector is not null && IsName(connector.Instance), $"connectors[{i}].instance", "must be the name of a connector instance.");
            Require(seen.Add(connector!.Instance), $"connectors[{i}].instance", "must not occur twice.");
            Require(Enum.IsDefined(connector.WritesFrom), $"connectors[{i}].writesFrom", "must be human, review or autoRoute.");
        }

        CheckSenders(settings.Senders, seen);
    }

    /// <summary>Settings that were stored by an earlier release, with what it did not know yet: what JSON does not have is null, and not the default.</summary>
    public static TriageSettings Complete(TriageSettings stored) => stored with { Groups = stored.Groups ?? [], Connectors = stored.Connectors ?? [], Senders = stored.Senders ?? [] };

    /// <summary>The trusted sender whose system a ticket's id names; null when it names none, or another one's.</summary>
    public static TriageSender? SenderOf(TriageSettings settings, string? ticketId, string userId) =>
        ticketId is null ? null : settings.Senders.FirstOrDefault(sender => string.Equals(sender.UserId, userId, StringComparison.Ordinal) && IsOf(ticketId, sender.Source));

    /// <summary>Whether a ticket's id begins with the name of a system and a colon.</summary>
    public static bool IsOf(string ticketId, string system) =>
        ticketId.Length > system.Length && ticketId[system.Length] == ':' && ticketId.StartsWith(system, StringComparison.Ordinal);

    private static void CheckSenders(IReadOnlyList<TriageSender> senders, HashSet<string> instances)
    {
        Require(senders is { Count: <= MostSenders }, "senders", $"must be at most {MostSenders}.");
        var users = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < senders.Count; i++)
        {
            var sender = senders[i];
            Require(sender is not null && GrainKeys.IsValidPart(sender.UserId, 'u'), $"senders[{i}].userId", "must be the id of a person or service account, such as u-desk.");
            Require(users.Add(sender!.UserId), $"senders[{i}].userId", "must not occur twice.");
            Require(IsName(sender.Source), $"senders[{i}].source", $"must be a system's name: 1 to {LongestName} of a-z, 0-9, '.', '_' and '-'.");
            Require(!instances.Contains(sender.Source), $"senders[{i}].source", "must not be a connector's instance: its tickets come from that system itself.");
            Require(sender.TicketsPerHour is >= 1 and <= MostTicketsPerHour, $"senders[{i}].ticketsPerHour", $"must be 1 to {MostTicketsPerHour}.");
        }
    }

    private static void CheckGroups(IReadOnlyList<TriageGroup> groups)
    {
        var (names, labels) = (new HashSet<string>(StringComparer.OrdinalIgnoreCase), new HashSet<string>(StringComparer.OrdinalIgnoreCase));
        for (var i = 0; i < groups.Count; i++)
        {
            var group = groups[i];
            Require(group is not null, $"groups[{i}]", "must be a group.");
            Require(Name("name", group!.Name, LongestLabel) is null && group.Name is not (GroupAnswer.OutOfScope or AllGroups), $"groups[{i}].name", $"must be a text of 1 to {LongestLabel} characters, and neither {AllGroups} nor {GroupAnswer.OutOfScope}.");
            Require(names.Add(group.Name), $"groups[{i}].name", "must not occur twice.");
            Require(TicketLimits.FindText("description", group.Description, LongestDescription) is null, $"groups[{i}].description", $"must be a text of at most {LongestDescription} characters.");
            Require(group.BaseLabels is { Count: <= MostBaseLabels }, $"groups[{i}].baseLabels", $"must be at most {MostBaseLabels}.");
            foreach (var label in group.BaseLabels)
            {
                Require(Name("label", label, LongestLabel) is null && labels.Add(label), $"groups[{i}].baseLabels", $"must be texts of 1 to {LongestLabel} characters, each in one group only.");
            }
        }
    }

    private static FieldProblem? Find(TriageTicket ticket)
    {
        if (ticket.Id is not null && Name("id", ticket.Id, LongestTicketId) is { } id)
        {
            return id;
        }

        // A message may leave out what the contract asks for.
        return ticket.ShortDescription is null ? new FieldProblem("shortDescription", "must not be null.")
            : ticket.Description is null ? new FieldProblem("description", "must not be null.")
            : ticket.Hour is < 0 or > 23 ? new FieldProblem("hour", "must be 0 to 23.")
            : TicketLimits.Find(ticket.Read(TimeZoneInfo.Utc)) ?? TicketLimits.FindText("group", ticket.Group, LongestLabel);
    }

    private static FieldProblem? Name(string field, string? value, int longest) =>
        string.IsNullOrWhiteSpace(value) || value.Any(char.IsControl) || TicketLimits.FindText(field, value, longest) is not null
            ? new FieldProblem(field, $"must be a text of 1 to {longest} characters without control characters.")
            : null;

    private static bool IsName(string? value) =>
        value is { Length: > 0 and <= LongestName } && value.All(unit => unit is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '.' or '_' or '-');

    private static void Require(bool holds, string field, string allowed)
    {
        if (!holds)
        {
            throw StewardException.Invalid(field, allowed);
        }
    }
}
