using System.CommandLine;
using Steward.Engines.Security.Jwt;
using Steward.Host.Demo;

namespace Steward.Host.Commands;

/// <summary><c>steward token</c>: a development token for an employee of the demo tenant.</summary>
internal static class TokenCommand
{
    public static Command Create()
    {
        var user = new Argument<string>("user") { Description = "Login or mail address of an employee of the demo tenant.", DefaultValueFactory = _ => DemoTenant.DefaultEmployee };
        var data = CommandOptions.Data();
        var command = new Command("token", "Print an access token for an employee of the demo tenant.") { user, data };
        command.SetAction(parsed =>
        {
            if (Issue(parsed.GetRequiredValue(user), new DataDirectory(parsed.GetRequiredValue(data))) is not { } token)
            {
                return 1;
            }

            Console.Out.WriteLine(token);
            return 0;
        });
        return command;
    }

    /// <summary>A token, or null after an error was printed.</summary>
    public static string? Issue(string user, DataDirectory data)
    {
        if (DemoTenant.Find(user) is not { } identity)
        {
            Console.Error.WriteLine($"There is no employee '{user}'. Some that exist: {string.Join(", ", DemoTenant.Employees.Take(8))} ...");
            return null;
        }

        return new DevelopmentTokenIssuer(data.DevelopmentTokenKey, TimeProvider.System).Issue(identity);
    }
}
