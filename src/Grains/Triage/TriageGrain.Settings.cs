using Microsoft.Extensions.Logging;
using Steward.Connectors;
using Steward.Errors;
using Steward.Identity;
using Steward.Inference;

namespace Steward.Triage;

/// <summary>Settings and figures.</summary>
internal sealed partial class TriageGrain
{
    /// <inheritdoc/>
    public Task<TriageSettings> GetSettings(CancellationToken cancellationToken = default) => Task.FromResult(_fold.Settings);

    /// <inheritdoc/>
    public async Task<TriageSettings> SetSettings(TriageSettings settings, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var by = Caller.Required.UserId;
        TriageRules.Check(settings);
        await RequireNoConnectorsAsync(settings.Senders, cancellationToken);
        if (settings.Version != _fold.Settings.Version)
        {
            throw new StewardException(ErrorCodes.Conflict, $"version: the settings are at {_fold.Settings.Version}; read them again.") { Field = "version" };
        }

        if (!string.Equals(settings.BaseModel, _fold.Settings.BaseModel, StringComparison.Ordinal))
        {
            await RequireClassifierAsync(settings.BaseModel, cancellationToken);
        }

        var set = new TriageSettingsSet(settings with { Version = settings.Version + 1 }, by);
        var before = _fold.Settings;
        await _journal.AppendAsync(Record(TriageFactTypes.SettingsSet, set, TriageJson.Default.TriageSettingsSet));
        var now = _fold.Settings;
        await SubscribeAsync(before, now);
        _ = PlanLearningAsync();
        return now;
    }

    // A model that is away now may be set all the same; one that there is not would answer no ticket.
    private async Task RequireClassifierAsync(string model, CancellationToken cancellationToken)
    {
        var timeout = _parts.Options.Value.ModelTimeout;
        try
        {
            var command = new ClassifyText { TenantId = _tenantId, Text = "a", Top = 1, Deadline = _parts.Time.GetUtcNow() + timeout };
            await _parts.Models.ClassifyAsync(model, command, cancellationToken).WaitAsync(timeout, _parts.Time, cancellationToken);
        }
        catch (StewardException exception) when (exception is { Code: ErrorCodes.NotFound } or { Code: ErrorCodes.InvalidArgument, Field: "model" })
        {
            throw StewardException.Invalid("baseModel", exception.Code == ErrorCodes.NotFound ? "must be one of the models that there are." : "must be a model that classifies.");
        }
        catch (Exception exception) when (ModelFailures.Is(exception, cancellationToken))
        {
            LogModelNotAsked(_parts.Logger, model, _key, exception.Message);
        }
    }

    // Also an instance that these settings do not name: they may later, and its tickets' ids are the same then.
    private async Task RequireNoConnectorsAsync(IReadOnlyList<TriageSender> senders, CancellationToken cancellationToken)
    {
        if (senders.Count == 0)
        {
            return;
        }

        var connectors = (await GrainFactory.GetGrain<IConnectorIndexGrain>(GrainKeys.ConnectorIndex(_tenantId)).List(cancellationToken)).Select(connector => connector.Name).ToHashSet(StringComparer.Ordinal);
        if (senders.Index().FirstOrDefault(one => connectors.Contains(one.Item.Source)) is { Item: not null } taken)
        {
            throw StewardException.Invalid($"senders[{taken.Index}].source", "must not be a connector's instance: its tickets come from that system itself.");
        }
    }

    // The settings stand already; an instance that cannot be asked now is subscribed to with its first ticket.
    private async Task SubscribeAsync(TriageSettings before, TriageSettings now)
    {
        try
        {
            await TriageSubscriptions.ApplyAsync(GrainFactory, _parts.Platform, _tenantId, before, now, _stop.Token);
        }
#pragma warning disable CA1031 // It is said in the log and done later.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotSubscribed(_parts.Logger, exception, _key);
        }
    }

    [LoggerMessage(EventId = 1709, Level = LogLevel.Information, Message = "Whether there is a model {Model}, which the settings of {Key} name, could not be found out now: {Error}")]
    private static partial void LogModelNotAsked(ILogger logger, string model, string key, string error);

    [LoggerMessage(EventId = 1706, Level = LogLevel.Warning, Message = "What the settings of {Key} name could not be subscribed to now; it is with the first ticket of each")]
    private static partial void LogNotSubscribed(ILogger logger, Exception exception, string key);

    /// <inheritdoc/>
    public async Task<TriageReport> GetReport(int days, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();
        if (days is < 1 or > TriageFold.Days)
        {
            throw StewardException.Invalid("days", $"must be 1 to {TriageFold.Days}.");
        }

        var to = DateOnly.FromDateTime(_parts.Time.GetUtcNow().UtcDateTime);
        var from = to.AddDays(1 - days);
        var (groups, all) = _fold.Sum(from, to);
        var labels = _fold.Labels;
        var thresholds = await _classifier.ThresholdsNowAsync(_fold, cancellationToken);
        return new TriageReport { From = from, To = to, Groups = groups, All = all, Labels = labels, AutoRouteAt = thresholds.AutoRoute, ReviewAt = thresholds.Review };
    }
}
