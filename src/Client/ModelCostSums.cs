using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Steward.Errors;
using Steward.Models;

namespace Steward.Client;

/// <summary>Adds costs up. A call counts once a day, whatever was written twice. For one caller at a time.</summary>
internal sealed class ModelCostSums(ModelCostReportQuery query)
{
    /// <summary>The most rows.</summary>
    public const int MaxRows = 100_000;

    private const string TagPrefix = "tag:";
    private const char Separator = '\u001f';
    private const int MaxDimensions = 8;
    private const int MaxDays = 366;
    private const int MaxTagKey = 64;

    private readonly Dictionary<string, Sum> _rows = new(StringComparer.Ordinal);
    private readonly Dictionary<DateOnly, HashSet<Guid>> _counted = [];
    private readonly Sum _total = new([]);

    /// <summary>Checks a query.</summary>
    /// <exception cref="StewardException"><c>invalid_argument</c> names the field.</exception>
    public static void Check(ModelCostReportQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.ToDay < query.FromDay || query.ToDay.DayNumber - query.FromDay.DayNumber >= MaxDays)
        {
            throw StewardException.Invalid("toDay", $"must not be before fromDay, nor {MaxDays} days or more after it.");
        }

        if (query.By is null or { Count: 0 or > MaxDimensions } || query.By.Distinct(StringComparer.Ordinal).Count() != query.By.Count || !query.By.All(IsDimension))
        {
            throw StewardException.Invalid("by", $"must be 1 to {MaxDimensions} of {string.Join(", ", ModelCostReportQuery.Dimensions)} and tag:KEY, each once.");
        }
    }

    /// <summary>Counts a call.</summary>
    /// <exception cref="StewardException"><c>limit_reached</c>: there are too many rows.</exception>
    public void Add(ModelCost cost)
    {
        var day = DateOnly.FromDateTime(cost.At.UtcDateTime);
        if (!_counted.TryGetValue(day, out var counted))
        {
            // Days come in order; what was left open of the day before is not needed for long.
            foreach (var old in _counted.Keys.Where(known => known < day.AddDays(-1)).ToList())
            {
                _counted.Remove(old);
            }

            _counted[day] = counted = [];
        }

        if (!counted.Add(IdOf(cost.CallId)))
        {
            return;
        }

        string[] keys = [.. query.By.Select(dimension => Value(cost, dimension, day))];
        var name = string.Join(Separator, keys);
        if (!_rows.TryGetValue(name, out var row))
        {
            if (_rows.Count >= MaxRows)
            {
                throw new StewardException(ErrorCodes.LimitReached, $"There are more than {MaxRows} rows; ask for fewer days or by less.");
            }

            _rows[name] = row = new Sum(keys);
        }

        row.Add(cost);
        _total.Add(cost);
    }

    /// <summary>The report.</summary>
    public ModelCostReport ToReport() => new()
    {
        FromDay = query.FromDay,
        ToDay = query.ToDay,
        By = query.By,
        Rows = [.. _rows.OrderBy(row => row.Key, StringComparer.Ordinal).Select(row => row.Value.ToRow())],
        Total = _total.ToRow(),
    };

    private static bool IsDimension(string? name) =>
        name is not null && (ModelCostReportQuery.Dimensions.Contains(name) || (name.StartsWith(TagPrefix, StringComparison.Ordinal) && name.Length > TagPrefix.Length && name.Length <= TagPrefix.Length + MaxTagKey && !name.Any(char.IsControl)));

    private static string Value(ModelCost cost, string dimension, DateOnly day) => dimension switch
    {
        "day" => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        "team" => cost.Team ?? "",
        "user" => cost.UserId ?? "",
        "feature" => cost.Feature,
        "model" => cost.Model ?? "",
        "provider" => cost.Provider ?? "",
        "tier" => cost.Tier,
        "prompt" => cost.PromptVersion ?? "",
        "outcome" => cost.Outcome,
        _ => cost.Tags?.GetValueOrDefault(dimension[TagPrefix.Length..]) ?? "",
    };

    private static Guid IdOf(string callId) => new(SHA256.HashData(Encoding.UTF8.GetBytes(callId)).AsSpan(0, 16));

    private sealed class Sum(string[] keys)
    {
        private long _calls;
        private long _cached;
        private long _input;
        private long _cachedInput;
        private long _output;
        private decimal _cost;
        private long _unpriced;
        private long _estimated;

        public void Add(ModelCost cost)
        {
            _calls++;
            _cached += cost.Cache is null ? 0 : 1;
            _input += cost.InputTokens;
            _cachedInput += cost.CachedInputTokens;
            _output += cost.OutputTokens;
            _cost += cost.CostUsd ?? 0;
            _unpriced += cost.CostUsd is null ? 1 : 0;
            _estimated += cost.IsEstimated ? 1 : 0;
        }

        public ModelCostRow ToRow() => new()
        {
            Keys = keys,
            Calls = _calls,
            CachedCalls = _cached,
            InputTokens = _input,
            CachedInputTokens = _cachedInput,
            OutputTokens = _output,
            CostUsd = _cost,
            UnpricedCalls = _unpriced,
            EstimatedCalls = _estimated,
        };
    }
}
