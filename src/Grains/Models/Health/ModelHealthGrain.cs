using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Models.Health;

/// <summary>Owns what silos say of models. Persists nothing. Woken by: the silos' reports; one that is silent for <see cref="Silent"/> is passed over.</summary>
internal sealed class ModelHealthGrain(TimeProvider time) : StewardGrain, IModelHealthGrain
{
    /// <summary>After so long a silo's word is nothing any more.</summary>
    internal static readonly TimeSpan Silent = TimeSpan.FromSeconds(10);

    private const int MaxModels = 1_000;
    private const int MaxSilos = 1_000;

    private readonly Dictionary<string, (DateTimeOffset At, ModelHealthReport Report)> _reports = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task<ModelHealthView> Report(ModelHealthReport report, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (report.Models.Count > MaxModels || report.Silo is not { Length: > 0 and <= 64 })
        {
            throw StewardException.Invalid("models", $"must be at most {MaxModels}, of a silo.");
        }

        var now = time.GetUtcNow();
        foreach (var silent in _reports.Where(one => now - one.Value.At > Silent).Select(one => one.Key).ToList())
        {
            _reports.Remove(silent);
        }

        if (_reports.Count < MaxSilos || _reports.ContainsKey(report.Silo))
        {
            _reports[report.Silo] = (now, report);
        }

        var others = _reports.Where(one => one.Key != report.Silo)
            .SelectMany(one => one.Value.Report.Models.Select(model => (model.Name, OpenFor: model.OpenFor - (now - one.Value.At))))
            .GroupBy(model => model.Name, StringComparer.Ordinal);
        return Task.FromResult(new ModelHealthView
        {
            Models =
            [
                .. others.Select(model => (model.Key, Silos: model.Count(), Open: model.Where(one => one.OpenFor > TimeSpan.Zero).Select(one => one.OpenFor!.Value).ToList())).Where(model => model.Open.Count > 0)
                    .Select(model => new ModelElsewhere { Name = model.Key, Silos = model.Silos, Open = model.Open.Count, OpenFor = model.Open.Min() }),
            ],
        });
    }
}
