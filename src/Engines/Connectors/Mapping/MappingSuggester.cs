using Steward.Engines.Connectors.Instances;

namespace Steward.Engines.Connectors.Mapping;

/// <summary>A model that proposes mappings. What it says is checked and never more than a suggestion.</summary>
public interface IMappingModel
{
    /// <summary>Proposes pairs of fields.</summary>
    /// <param name="sources">The fields that can be read.</param>
    /// <param name="targets">The fields that can be written.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<IReadOnlyList<ModelPair>> ProposeAsync(IReadOnlyList<SchemaField> sources, IReadOnlyList<SchemaField> targets, CancellationToken cancellationToken);
}

/// <summary>A pair of fields that a model proposes.</summary>
/// <param name="From">A source's path.</param>
/// <param name="To">A target's path.</param>
/// <param name="Function">A function, if one is needed.</param>
/// <param name="Confidence">0 to 1.</param>
public sealed record ModelPair(string From, string To, string? Function, double Confidence);

/// <summary>A mapping that somebody may accept.</summary>
public sealed record MappingSuggestion
{
    /// <summary>The path that would be read.</summary>
    public required string From { get; init; }

    /// <summary>The path that would be written.</summary>
    public required string To { get; init; }

    /// <summary>The function that would be needed for the types to fit.</summary>
    public string? Function { get; init; }

    /// <summary>0 to 1; comparable within one proposal.</summary>
    public required double Score { get; init; }

    /// <summary>Where it comes from: <c>names</c> or <c>model</c>.</summary>
    public required string Source { get; init; }
}

/// <summary>Suggestions for one operation, to be looked at by a person. Nothing is applied by itself.</summary>
public sealed record MappingProposal
{
    /// <summary>The operation's id.</summary>
    public required string OperationId { get; init; }

    /// <summary>The direction.</summary>
    public required MappingDirection Direction { get; init; }

    /// <summary>The suggestions, best first.</summary>
    public required IReadOnlyList<MappingSuggestion> Suggestions { get; init; }

    /// <summary>
    /// The mappings with those suggestions that a person accepted; an accepted one takes the place of an earlier mapping to the same path.
    /// </summary>
    /// <param name="current">The mappings as they are.</param>
    /// <param name="accepted">Positions in <see cref="Suggestions"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A position is none.</exception>
    public IReadOnlyList<FieldMapping> Accept(IReadOnlyList<FieldMapping> current, IReadOnlyCollection<int> accepted)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(accepted);
        var chosen = accepted.Distinct().Order().Select(index => index >= 0 && index < Suggestions.Count
            ? Suggestions[index]
            : throw new ArgumentOutOfRangeException(nameof(accepted), index, $"must be 0 to {Suggestions.Count - 1}.")).ToList();
        return
        [
            .. current.Where(mapping => mapping.Direction != Direction || !chosen.Exists(suggestion => suggestion.To == mapping.To)),
            .. chosen.Select(suggestion => new FieldMapping { Direction = Direction, From = suggestion.From, To = suggestion.To, Function = suggestion.Function }),
        ];
    }
}

/// <summary>Suggests which field of one system is which of another: by name, words and type, and by a model where one is configured.</summary>
/// <param name="model">The model; none when null.</param>
public sealed class MappingSuggester(IMappingModel? model = null)
{
    private const double Threshold = 0.45;
    private const int MaxFields = 400;

    /// <summary>Suggests at most one source for each target and one target for each source, best first.</summary>
    /// <param name="sources">The fields that can be read; the first 400 count.</param>
    /// <param name="targets">The fields that can be written; the first 400 count.</param>
    public static IReadOnlyList<MappingSuggestion> ByNames(IReadOnlyList<SchemaField> sources, IReadOnlyList<SchemaField> targets)
    {
        var left = sources.Take(MaxFields).Select(field => (Field: field, Name: FieldSimilarity.Named.Of(field.Path))).ToList();
        var right = targets.Take(MaxFields).Select(field => (Field: field, Name: FieldSimilarity.Named.Of(field.Path))).ToList();
        var pairs = new List<(SchemaField From, SchemaField To, double Score)>();
        foreach (var from in left)
        {
            foreach (var to in right)
            {
                var score = FieldSimilarity.Of(from.Field, from.Name, to.Field, to.Name);
                if (score >= Threshold)
                {
                    pairs.Add((from.Field, to.Field, score));
                }
            }
        }

        return One(pairs.Select(pair => new MappingSuggestion { From = pair.From.Path, To = pair.To.Path, Function = Conversion(pair.From, pair.To), Score = Math.Round(pair.Score, 4), Source = "names" }));
    }

    /// <summary>Suggests by names and, where one is configured, by the model, whose suggestions win where both have one. A model that fails is passed over.</summary>
    public async Task<IReadOnlyList<MappingSuggestion>> SuggestAsync(IReadOnlyList<SchemaField> sources, IReadOnlyList<SchemaField> targets, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(targets);
        var byNames = ByNames(sources, targets);
        if (model is null)
        {
            return byNames;
        }

        IReadOnlyList<ModelPair> proposed;
        try
        {
            proposed = await model.ProposeAsync([.. sources.Take(MaxFields)], [.. targets.Take(MaxFields)], cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or TimeoutException or InvalidOperationException or System.Text.Json.JsonException)
        {
            return byNames;
        }

        var (froms, tos) = (sources.ToDictionary(field => field.Path, StringComparer.Ordinal), targets.ToDictionary(field => field.Path, StringComparer.Ordinal));
        var checkedPairs = proposed.Where(pair => froms.ContainsKey(pair.From) && tos.ContainsKey(pair.To) && IsFunction(pair.Function)).Select(pair => new MappingSuggestion
        {
            From = pair.From,
            To = pair.To,
            Function = pair.Function ?? Conversion(froms[pair.From], tos[pair.To]),
            Score = Math.Clamp(double.IsNaN(pair.Confidence) ? 0 : pair.Confidence, 0, 1),
            Source = "model",
        });
        return One(checkedPairs.OrderByDescending(pair => pair.Score).Concat(byNames), keepOrder: true);
    }

    // The best first; what is taken is not taken again.
    private static List<MappingSuggestion> One(IEnumerable<MappingSuggestion> suggestions, bool keepOrder = false)
    {
        var (froms, tos, chosen) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal), new List<MappingSuggestion>());
        var ordered = keepOrder ? suggestions : suggestions.OrderByDescending(pair => pair.Score).ThenBy(pair => pair.From, StringComparer.Ordinal).ThenBy(pair => pair.To, StringComparer.Ordinal);
        foreach (var suggestion in ordered)
        {
            if (!froms.Contains(suggestion.From) && tos.Add(suggestion.To))
            {
                froms.Add(suggestion.From);
                chosen.Add(suggestion);
            }
        }

        return chosen;
    }

    private static bool IsFunction(string? function)
    {
        try
        {
            return function is null || MappingFunction.Parse(function) is not null;
        }
        catch (MappingException)
        {
            return false;
        }
    }

    private static string? Conversion(SchemaField from, SchemaField to) =>
        (from.Types & to.Types) != 0 ? null
        : (to.Types & ValueTypes.Text) != 0 ? (from.Types & ValueTypes.List) != 0 ? "join(, )" : (from.Types & ValueTypes.Scalar) != 0 ? "text" : null
        : (to.Types & ValueTypes.Number) != 0 && (from.Types & ValueTypes.Text) != 0 ? "number"
        : (to.Types & ValueTypes.Boolean) != 0 && (from.Types & ValueTypes.Scalar) != 0 ? "boolean"
        : (to.Types & ValueTypes.List) != 0 && (from.Types & ValueTypes.Text) != 0 ? "split(,)"
        : null;
}
