namespace Steward.Engines.Orchestration.Prompts;

/// <summary>How long a model's tokens are, learnt from its own counts: of two calls that differ in length, what the difference took; what is left of it are the definitions of tools and whatever else it is told each time. Four characters, as long as it has said nothing.</summary>
internal sealed class TokenLength
{
    private const double Unknown = 4;
    private const double Shortest = 1;
    private const double Longest = 8;
    private const long LeastDifference = 2_000;

    private readonly Dictionary<string, (long Length, long Tokens)> _first = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _learnt = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _around = new(StringComparer.Ordinal);
    private string _model = "";

    /// <summary>Of the model that answered last.</summary>
    public double CharactersPerToken => _learnt.GetValueOrDefault(_model, Unknown);

    /// <summary>The tokens that are not of messages, of the model that answered last.</summary>
    public double Around => _around.GetValueOrDefault(_model);

    /// <summary>Takes a count; one that a model did not give changes nothing but which model is counted for.</summary>
    public void Learn(string model, long length, long? tokens)
    {
        _model = model;
        if (tokens is not > 0)
        {
            return;
        }

        var (told, first) = (tokens.Value, _first.TryGetValue(model, out var known) ? known : (length, tokens.Value));
        _first.TryAdd(model, first);
        if (Math.Abs(length - first.Item1) >= LeastDifference && told != first.Item2)
        {
            // One that makes no sense, such as more text in fewer tokens, is not believed.
            var each = (double)(length - first.Item1) / (told - first.Item2);
            if (each is >= Shortest and <= Longest)
            {
                _learnt[model] = each;
            }
        }

        _around[model] = Math.Max(0, told - (length / CharactersPerToken));
    }
}
