using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Mapping;

/// <summary>A model that proposes mappings. What it says is checked and never more than a suggestion.</summary>
public interface IMappingModel
{
    /// <summary>Proposes pairs of fields.</summary>
    /// <param name="sources">The fields that can be read.</param>
    /// <param name="targets">The fields that can be written.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MappingModelException">It gave nothing that can be used.</exception>
    Task<IReadOnlyList<ModelPair>> ProposeAsync(IReadOnlyList<SchemaField> sources, IReadOnlyList<SchemaField> targets, CancellationToken cancellationToken);
}

/// <summary>A pair of fields that a model proposes.</summary>
/// <param name="From">A source's path.</param>
/// <param name="To">A target's path.</param>
/// <param name="Function">A function, if one is needed.</param>
/// <param name="Confidence">0 to 1.</param>
public sealed record ModelPair(string From, string To, string? Function, double Confidence);

/// <summary>A model proposed nothing that can be used.</summary>
/// <param name="message">Why; safe to show.</param>
/// <param name="innerException">The cause, for logs.</param>
public sealed class MappingModelException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>What a model had to do with suggestions.</summary>
public enum MappingModelUse
{
    /// <summary>There is none: suggestions come from names and types alone.</summary>
    NotConfigured,

    /// <summary>It was asked; those of its pairs that stood up to the checks are among the suggestions.</summary>
    Used,

    /// <summary>It was asked and gave nothing usable: suggestions come from names and types alone.</summary>
    Failed,
}

/// <summary>Suggestions, and what a model had to do with them.</summary>
/// <param name="Suggestions">Those of the model first, then by names; best first.</param>
/// <param name="Model">Whether a model was asked.</param>
/// <param name="Dropped">How many of the model's pairs were dropped: fields that do not exist, functions that are none, types that do not fit.</param>
public sealed record MappingSuggestions(IReadOnlyList<MappingSuggestion> Suggestions, MappingModelUse Model, int Dropped);

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
    private const int MaxFunctionLength = 200;

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

    /// <summary>
    /// Suggests by names and, where one is configured, by the model, whose suggestions win where both have one. What a model says is not trusted: of its pairs only those count whose fields
    /// exist and whose function takes what is read and gives what may be written. A model that fails is passed over.
    /// </summary>
    public async Task<MappingSuggestions> SuggestAsync(IReadOnlyList<SchemaField> sources, IReadOnlyList<SchemaField> targets, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(targets);
        var byNames = ByNames(sources, targets);
        if (model is null)
        {
            return new MappingSuggestions(byNames, MappingModelUse.NotConfigured, 0);
        }

        var (froms, tos) = (ByPath(sources), ByPath(targets));
        IReadOnlyList<ModelPair> proposed;
        try
        {
            proposed = await model.ProposeAsync([.. froms.Values], [.. tos.Values], cancellationToken).ConfigureAwait(false);
        }
        catch (MappingModelException)
        {
            return new MappingSuggestions(byNames, MappingModelUse.Failed, 0);
        }

        var stood = proposed.Select(pair => Stands(pair, froms, tos)).OfType<MappingSuggestion>().ToList();
        return new MappingSuggestions(One(stood.OrderByDescending(pair => pair.Score).Concat(byNames), keepOrder: true), MappingModelUse.Used, proposed.Count - stood.Count);
    }

    private static Dictionary<string, SchemaField> ByPath(IReadOnlyList<SchemaField> fields) =>
        fields.DistinctBy(field => field.Path, StringComparer.Ordinal).Take(MaxFields).ToDictionary(field => field.Path, StringComparer.Ordinal);

    // Null when it does not.
    private static MappingSuggestion? Stands(ModelPair pair, Dictionary<string, SchemaField> froms, Dictionary<string, SchemaField> tos)
    {
        if (!froms.TryGetValue(pair.From, out var from) || !tos.TryGetValue(pair.To, out var to) || Stars(to.Path) is not 0 and var stars && stars != Stars(from.Path))
        {
            return null;
        }

        var function = pair.Function ?? Conversion(from, to);
        return Fits(from.Types, function, to.Types)
            ? new MappingSuggestion { From = from.Path, To = to.Path, Function = function, Score = Math.Clamp(double.IsNaN(pair.Confidence) ? 0 : pair.Confidence, 0, 1), Source = "model" }
            : null;
    }

    private static int Stars(string path) => ValuePath.Split(path).Count(part => part == "*");

    // Functions that read no field, or others beside it, would bring in what the person who accepts does not see.
    private static bool Fits(ValueTypes from, string? function, ValueTypes to)
    {
        if (function is null)
        {
            return (from & to) != 0;
        }

        try
        {
            return function.Length <= MaxFunctionLength && MappingFunction.Parse(function) is { TakesNothing: false } parsed
                && !parsed.Paths.Any() && (from & parsed.Takes) != 0 && (parsed.Gives & to) != 0;
        }
        catch (MappingException)
        {
            return false;
        }
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

    private static string? Conversion(SchemaField from, SchemaField to) =>
        (from.Types & to.Types) != 0 ? null
        : (to.Types & ValueTypes.Text) != 0 ? (from.Types & ValueTypes.List) != 0 ? "join(, )" : (from.Types & ValueTypes.Scalar) != 0 ? "text" : null
        : (to.Types & ValueTypes.Number) != 0 && (from.Types & ValueTypes.Text) != 0 ? "number"
        : (to.Types & ValueTypes.Boolean) != 0 && (from.Types & ValueTypes.Scalar) != 0 ? "boolean"
        : (to.Types & ValueTypes.List) != 0 && (from.Types & ValueTypes.Text) != 0 ? "split(,)"
        : null;
}
