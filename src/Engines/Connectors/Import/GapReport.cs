using System.Text.Json;

namespace Steward.Engines.Connectors.Import;

/// <summary>Collects what a document does not say. Gaps of the same kind about several operations are one.</summary>
internal sealed class GapReport
{
    private const int MaxNamed = 20;

    private readonly Dictionary<(GapArea, string), (ImportGap Gap, List<string> Operations, int Count)> _gaps = [];

    public IReadOnlyList<ImportGap> List => [.. _gaps.Values.Select(entry => entry.Gap with { Operations = [.. entry.Operations], OperationCount = entry.Count }).OrderBy(gap => gap.Area)];

    public static JsonElement Json<T>(T value) => JsonSerializer.SerializeToElement(value, Templates.TemplateJson.Options);

    public void Add(GapArea area, string message, string advice, JsonElement? guess = null, bool applied = false, string? operation = null)
    {
        if (!_gaps.TryGetValue((area, message), out var entry))
        {
            entry = (new ImportGap { Area = area, Message = message, Advice = advice, Guess = guess, Applied = applied }, [], 0);
        }

        if (operation is not null)
        {
            entry.Count++;
            if (entry.Operations.Count < MaxNamed)
            {
                entry.Operations.Add(operation);
            }
        }

        _gaps[(area, message)] = entry;
    }
}
