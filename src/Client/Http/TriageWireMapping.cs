using Steward.Errors;
using Steward.Triage;

namespace Steward.Client.Http;

/// <summary>Between the bodies of the HTTP API and the messages of triage.</summary>
public static class TriageWireMapping
{
    /// <summary>The ticket.</summary>
    public static TriageTicket ToContract(TicketRequest ticket)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        return new TriageTicket
        {
            Id = ticket.Id,
            ShortDescription = ticket.ShortDescription ?? "",
            Description = ticket.Description ?? "",
            Category = ticket.Category,
            Subcategory = ticket.Subcategory,
            Priority = ticket.Priority,
            Department = ticket.Department,
            Location = ticket.Location,
            ConfigurationItem = ticket.ConfigurationItem,
            OpenedAt = ticket.OpenedAt,
            Group = ticket.Group,
        };
    }

    /// <summary>The label.</summary>
    public static TriageLabel ToContract(TicketLabelRequest label)
    {
        ArgumentNullException.ThrowIfNull(label);
        return new TriageLabel
        {
            TicketId = label.TicketId,
            Label = label.Label,
            Source = TriageLabelSource.Feedback,
            EventId = label.EventId,
            Ticket = label.Ticket is { } ticket ? ToContract(ticket) with { Id = ticket.Id ?? label.TicketId } : null,
        };
    }

    /// <summary>The settings.</summary>
    /// <exception cref="StewardException">A number is out of its bounds.</exception>
    public static TriageSettings ToContract(SetTriageSettingsRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var standard = new TriageSettings();
        return new TriageSettings
        {
            Version = request.Version >= 0 ? request.Version : throw StewardException.Invalid("version", "must be 0 or more."),
            Groups = [.. (request.Groups ?? []).Select(group => new TriageGroup
            {
                Name = string.IsNullOrWhiteSpace(group.Name) || group.Name.Length > 200 ? throw StewardException.Invalid("groups", "each needs a name of 1 to 200 characters.") : group.Name,
                Description = group.Description,
                BaseLabels = group.BaseLabels ?? [],
            })],
            BaseModel = request.BaseModel ?? standard.BaseModel,
            WantedPrecision = request.WantedPrecision is null or (> 0 and < 1) ? request.WantedPrecision ?? standard.WantedPrecision : throw StewardException.Invalid("wantedPrecision", "must be above 0 and below 1."),
            AutoRouteAt = Share(request.AutoRouteAt, "autoRouteAt"),
            ReviewAt = Share(request.ReviewAt, "reviewAt"),
            IsNightlyTrainingOn = request.NightlyTraining ?? standard.IsNightlyTrainingOn,
            TrainingHour = request.TrainingHour is null or (>= 0 and <= 23) ? request.TrainingHour ?? standard.TrainingHour : throw StewardException.Invalid("trainingHour", "must be 0 to 23."),
            TimeZone = request.TimeZone ?? standard.TimeZone,
            Connectors = [.. (request.Connectors ?? []).Select(connector => new TriageConnector
            {
                Instance = connector.Instance,
                WritesBack = connector.WritesBack ?? true,
                WritesFrom = connector.WritesFrom ?? TriageBand.Review,
            })],
            Senders = [.. (request.Senders ?? []).Select(sender => sender.TicketsPerHour is { } most
                ? new TriageSender { UserId = sender.UserId, Source = sender.Source, TicketsPerHour = most }
                : new TriageSender { UserId = sender.UserId, Source = sender.Source })],
        };
    }

    /// <summary>Settings with other thresholds.</summary>
    /// <exception cref="StewardException">A number is out of its bounds.</exception>
    public static TriageSettings ToContract(SetTriageThresholdsRequest request, TriageSettings settings)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(settings);
        return settings with
        {
            WantedPrecision = request.WantedPrecision is null or (> 0 and < 1) ? request.WantedPrecision ?? settings.WantedPrecision : throw StewardException.Invalid("wantedPrecision", "must be above 0 and below 1."),
            AutoRouteAt = Share(request.AutoRouteAt, "autoRouteAt"),
            ReviewAt = Share(request.ReviewAt, "reviewAt"),
        };
    }

    internal static TicketRequest ToRequest(TriageTicket ticket) => new()
    {
        Id = ticket.Id,
        ShortDescription = ticket.ShortDescription,
        Description = ticket.Description,
        Category = ticket.Category,
        Subcategory = ticket.Subcategory,
        Priority = ticket.Priority,
        Department = ticket.Department,
        Location = ticket.Location,
        ConfigurationItem = ticket.ConfigurationItem,
        OpenedAt = ticket.OpenedAt,
        Group = ticket.Group,
    };

    internal static TicketLabelRequest ToRequest(TriageLabel label) => new()
    {
        TicketId = label.TicketId,
        Label = label.Label,
        EventId = label.EventId,
        Ticket = label.Ticket is { } ticket ? ToRequest(ticket) : null,
    };

    internal static SetTriageSettingsRequest ToRequest(TriageSettings settings) => new()
    {
        Version = settings.Version,
        Groups = [.. settings.Groups.Select(group => new TriageGroupRequest { Name = group.Name, Description = group.Description, BaseLabels = group.BaseLabels })],
        BaseModel = settings.BaseModel,
        WantedPrecision = settings.WantedPrecision,
        AutoRouteAt = settings.AutoRouteAt,
        ReviewAt = settings.ReviewAt,
        NightlyTraining = settings.IsNightlyTrainingOn,
        TrainingHour = settings.TrainingHour,
        TimeZone = settings.TimeZone,
        Connectors = [.. settings.Connectors.Select(connector => new TriageConnectorRequest { Instance = connector.Instance, WritesBack = connector.WritesBack, WritesFrom = connector.WritesFrom })],
        Senders = [.. (settings.Senders ?? []).Select(sender => new TriageSenderRequest { UserId = sender.UserId, Source = sender.Source, TicketsPerHour = sender.TicketsPerHour })],
    };

    private static double? Share(double? value, string field) =>
        value is null or (>= 0 and <= 1) ? value : throw StewardException.Invalid(field, "must be 0 to 1.");
}
