using Steward.Errors;
using Steward.Identity;

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
        TriageRules.Check(settings);
        if (settings.Version != _fold.Settings.Version)
        {
            throw new StewardException(ErrorCodes.Conflict, $"version: the settings are at {_fold.Settings.Version}; read them again.") { Field = "version" };
        }

        var set = new TriageSettingsSet(settings with { Version = settings.Version + 1 }, Caller.Required.UserId);
        await _journal.AppendAsync(Record(TriageFactTypes.SettingsSet, set, TriageJson.Default.TriageSettingsSet));
        return _fold.Settings;
    }

    /// <inheritdoc/>
    public Task<TriageReport> GetReport(int days, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();
        if (days is < 1 or > TriageFold.Days)
        {
            throw StewardException.Invalid("days", $"must be 1 to {TriageFold.Days}.");
        }

        var to = DateOnly.FromDateTime(_parts.Time.GetUtcNow().UtcDateTime);
        var from = to.AddDays(1 - days);
        var (groups, all) = _fold.Sum(from, to);
        var thresholds = TicketClassifier.ThresholdsOf(_fold.Settings, _fold.Find(_fold.Current));
        return Task.FromResult(new TriageReport { From = from, To = to, Groups = groups, All = all, Labels = _fold.Labels, AutoRouteAt = thresholds.AutoRoute, ReviewAt = thresholds.Review });
    }
}
