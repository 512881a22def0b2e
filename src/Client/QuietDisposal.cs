namespace Steward.Client;

/// <summary>Ends enumerations of grains and gateways whose end nobody needs to know: they are over here either way, and their owners forget them after a while.</summary>
internal static class QuietDisposal
{
    /// <summary>Disposes of it; a failure is told and otherwise passed over.</summary>
    /// <param name="enumeration">What is over.</param>
    /// <param name="prepare">Done right before, such as signing the call.</param>
    /// <param name="failed">Told of a failure; null tells nobody.</param>
    public static async ValueTask DisposeQuietlyAsync(this IAsyncDisposable enumeration, Action prepare, Action<Exception>? failed = null)
    {
        try
        {
            prepare();
            await enumeration.DisposeAsync();
        }
#pragma warning disable CA1031 // See the class.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failed?.Invoke(exception);
        }
    }
}
