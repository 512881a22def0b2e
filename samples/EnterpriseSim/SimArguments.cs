using System.Globalization;
using System.Text.Json;

namespace Steward.EnterpriseSim;

/// <summary>The command line of the simulators as a program of their own.</summary>
internal sealed record SimArguments(EnterpriseSimOptions Options, string? UrlsFile)
{
    public const string Usage =
        """
        Simulated Okta, ServiceNow, Jira Cloud, Salesforce, Slack, Microsoft Graph, Workday and SMTP on loopback.
          --okta-port N  --servicenow-port N  --jira-port N  --salesforce-port N   ports (default: any free one)
          --slack-port N  --graph-port N  --workday-port N  --smtp-port N  --smtp-control-port N
          --credentials FILE   JSON with the secrets to accept, as in the URLs file (default: random ones)
          --urls-file FILE     write base URLs and credentials there as JSON, readable by the owner only
          --seed N             seed of all identifiers (default: 1)
        """;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Reads the arguments.</summary>
    /// <exception cref="FormatException">An argument is unknown or has no valid value; the message says which.</exception>
    public static SimArguments Parse(IReadOnlyList<string> args)
    {
        var options = new EnterpriseSimOptions();
        string? urlsFile = null;
        for (var i = 0; i < args.Count; i += 2)
        {
            if (i + 1 >= args.Count)
            {
                throw new FormatException($"{args[i]} needs a value.");
            }

            var value = args[i + 1];
            switch (args[i])
            {
                case "--okta-port": options = options with { Ports = options.Ports with { Okta = Number(65_535) } }; break;
                case "--servicenow-port": options = options with { Ports = options.Ports with { ServiceNow = Number(65_535) } }; break;
                case "--jira-port": options = options with { Ports = options.Ports with { Jira = Number(65_535) } }; break;
                case "--salesforce-port": options = options with { Ports = options.Ports with { Salesforce = Number(65_535) } }; break;
                case "--slack-port": options = options with { Ports = options.Ports with { Slack = Number(65_535) } }; break;
                case "--graph-port": options = options with { Ports = options.Ports with { Graph = Number(65_535) } }; break;
                case "--workday-port": options = options with { Ports = options.Ports with { Workday = Number(65_535) } }; break;
                case "--smtp-port": options = options with { Ports = options.Ports with { Smtp = Number(65_535) } }; break;
                case "--smtp-control-port": options = options with { Ports = options.Ports with { SmtpControl = Number(65_535) } }; break;
                case "--seed": options = options with { Seed = Number(int.MaxValue) }; break;
                case "--credentials": options = options with { Credentials = ReadCredentials(value) }; break;
                case "--urls-file": urlsFile = value; break;
                default: throw new FormatException($"{args[i]} is not an option.");
            }

            int Number(int largest) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= largest
                ? number
                : throw new FormatException($"{args[i]} must be a whole number up to {largest.ToString(CultureInfo.InvariantCulture)}.");
        }

        return new SimArguments(options, urlsFile);
    }

    /// <summary>Writes URLs and credentials so that a reader never sees half a file.</summary>
    public static void WriteUrls(EnterpriseSimulation simulation, string file)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(
            new Endpoints(simulation.Okta, simulation.ServiceNow, simulation.Jira, simulation.Salesforce, simulation.Slack, simulation.Graph, simulation.Workday, simulation.SmtpPort, simulation.SmtpControl, simulation.Credentials), Json);
        var draft = $"{file}.{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";
        var access = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            access.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(draft, access))
        {
            stream.Write(content);
        }

        File.Move(draft, file, overwrite: true);
    }

    private static EnterpriseSimCredentials ReadCredentials(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<EnterpriseSimCredentials>(File.ReadAllBytes(file), Json)
                ?? throw new FormatException($"{file} holds no credentials.");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"{file} cannot be read as credentials: {e.Message}", e);
        }
    }

    private sealed record Endpoints(Uri Okta, Uri ServiceNow, Uri Jira, Uri Salesforce, Uri Slack, Uri Graph, Uri Workday, int SmtpPort, Uri SmtpControl, EnterpriseSimCredentials Credentials);
}
