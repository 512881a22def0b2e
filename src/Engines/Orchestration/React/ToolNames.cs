using System.Text;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration.React;

/// <summary>Operations under names that models accept: <c>^[a-zA-Z0-9_-]{1,64}$</c>, unique.</summary>
internal sealed class ToolNames
{
    private readonly Dictionary<string, ConnectorOperation> _byName = new(StringComparer.Ordinal);

    public ToolNames(IEnumerable<ConnectorOperation> operations)
    {
        foreach (var operation in operations.OrderBy(operation => operation.Id, StringComparer.Ordinal))
        {
            var name = Plain(operation.Id);
            for (var n = 2; !_byName.TryAdd(name, operation); n++)
            {
                var ending = $"_{n}";
                var plain = Plain(operation.Id);
                name = plain[..Math.Min(plain.Length, 64 - ending.Length)] + ending;
            }
        }
    }

    public IReadOnlyDictionary<string, ConnectorOperation> All => _byName;

    /// <summary>The operation that a model means; also when it writes the operation's own id.</summary>
    public ConnectorOperation? Find(string name) => _byName.GetValueOrDefault(name) ?? _byName.Values.FirstOrDefault(operation => operation.Id == name);

    private static string Plain(string id)
    {
        var name = new StringBuilder(id.Length);
        foreach (var c in id)
        {
            name.Append(char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '_');
        }

        return name.Length <= 64 ? name.ToString() : name.ToString(0, 64);
    }
}
