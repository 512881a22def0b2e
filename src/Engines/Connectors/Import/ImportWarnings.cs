namespace Steward.Engines.Connectors.Import;

/// <summary>Collects warnings: keeps the first, counts all, so that a hostile document cannot fill memory with them.</summary>
internal sealed class ImportWarnings
{
    private const int Kept = 500;
    private const int KeptOfAKind = 25;
    private const int MaxText = 400;

    private readonly List<ImportWarning> _warnings = [];
    private readonly Dictionary<string, int> _kinds = new(StringComparer.Ordinal);

    private (string, string) _last;

    /// <summary>All, each place and message once where they follow one another.</summary>
    public int Count { get; private set; }

    public IReadOnlyList<ImportWarning> List =>
    [
        .. _warnings,
        .. _kinds.Where(kind => kind.Value > KeptOfAKind).Select(kind => new ImportWarning("", $"{kind.Value - KeptOfAKind} more: {kind.Key}")),
    ];

    /// <summary>Adds one. Warnings with the same message are one kind, of which only the first are kept.</summary>
    public void Add(string where, string message)
    {
        message = ImportText.Trim(message, MaxText);
        if (_last == (where, message))
        {
            return;
        }

        _last = (where, message);
        Count++;
        if (_kinds.Count >= Kept && !_kinds.ContainsKey(message))
        {
            return;
        }

        var seen = _kinds[message] = _kinds.GetValueOrDefault(message) + 1;
        if (seen <= KeptOfAKind && _warnings.Count < Kept)
        {
            _warnings.Add(new ImportWarning(ImportText.Trim(where, MaxText), message));
        }
    }
}
