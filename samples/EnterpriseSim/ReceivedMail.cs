namespace Steward.EnterpriseSim;

/// <summary>A message that the simulated mail server took responsibility for.</summary>
/// <param name="From">The envelope's sender; empty for notices that must not be answered.</param>
/// <param name="Recipients">The envelope's recipients that were accepted.</param>
/// <param name="Data">The message as it was sent, without the stuffed dots.</param>
/// <param name="Secured">Whether it came over TLS.</param>
/// <param name="Time">When it was accepted.</param>
public sealed record ReceivedMail(string From, IReadOnlyList<string> Recipients, string Data, bool Secured, DateTimeOffset Time)
{
    /// <summary>The value of a header, with folded lines joined; null if it is missing.</summary>
    /// <param name="name">The header's name, in any case.</param>
    public string? Header(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var lines = Data.Split("\r\n");
        for (var i = 0; i < lines.Length && lines[i].Length > 0; i++)
        {
            if (lines[i].StartsWith($"{name}:", StringComparison.OrdinalIgnoreCase))
            {
                var value = lines[i][(name.Length + 1)..].Trim();
                while (i + 1 < lines.Length && lines[i + 1] is [' ' or '\t', ..])
                {
                    value += " " + lines[++i].Trim();
                }

                return value;
            }
        }

        return null;
    }
}
