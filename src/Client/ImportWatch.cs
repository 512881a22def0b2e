using System.Runtime.CompilerServices;
using Steward.Triage;

namespace Steward.Client;

/// <summary>Looks again and again how far an import is.</summary>
internal static class ImportWatch
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    /// <summary>What <paramref name="get"/> says, whenever that has changed, until the import is over.</summary>
    public static async IAsyncEnumerable<TriageImport> WatchAsync(Func<CancellationToken, Task<TriageImport>> get, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TriageImport? shown = null;
        while (true)
        {
            var import = await get(cancellationToken);
            if (shown is null || (import.State, import.Bytes, import.BytesRead, import.Rows, import.BadRows) != (shown.State, shown.Bytes, shown.BytesRead, shown.Rows, shown.BadRows))
            {
                yield return shown = import;
            }

            if (import.State is not (TriageImportState.Receiving or TriageImportState.Running))
            {
                yield break;
            }

            await Task.Delay(Period, time, cancellationToken);
        }
    }
}
