namespace Microsoft.ML.OnnxRuntime;

/// <summary>Values that are disposed of together.</summary>
public interface IDisposableReadOnlyCollection<T> : IReadOnlyCollection<T>, IDisposable;

internal sealed class OrtValueCollection : List<OrtValue>, IDisposableReadOnlyCollection<OrtValue>
{
    public void Dispose()
    {
        foreach (var value in this)
        {
            value.Dispose();
        }
    }
}
