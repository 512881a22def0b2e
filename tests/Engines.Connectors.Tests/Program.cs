using System.Globalization;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Auth;

/// <summary>
/// A process that owns an instance's credentials and uses them without pause until it is killed; says <c>ok</c> after each call that the server accepted. Tests of lost
/// processes start it. Arguments: the folder of the vault, the server's address.
/// </summary>
internal static class Program
{
    private const int Callers = 20;

    public static async Task Main(string[] args)
    {
        await using var host = await SignInHost.StartAsync(args[0], options => (options.RequestTimeout, options.AttemptSlack) = (TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100)));
        var server = new Uri(args[1]);
        var credentials = host.Open(SignInHost.Target(server, AuthKind.OAuth2Code));
        using var output = Console.OpenStandardOutput();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            while (true)
            {
                var outcome = await Caller.CallAsync(credentials, server);
                var line = System.Text.Encoding.ASCII.GetBytes(outcome.ToString(CultureInfo.InvariantCulture) + "\n");
                lock (output)
                {
                    output.Write(line);
                    output.Flush();
                }

                await Task.Delay(10);
            }
        }));
    }
}
