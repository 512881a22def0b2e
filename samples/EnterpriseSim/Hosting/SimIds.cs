using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Steward.EnterpriseSim.Hosting;

/// <summary>Identifiers in the products' shapes, derived from the seed and a name, so that they are the same in every start.</summary>
internal sealed class SimIds(int seed)
{
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const string CheckAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    private readonly string salt = seed.ToString(CultureInfo.InvariantCulture);
    private long counter;

    /// <summary>A name that is new in this simulation.</summary>
    public string Fresh(string kind) => $"fresh/{kind}/{Interlocked.Increment(ref counter).ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Okta: a three-letter prefix and 17 letters or digits.</summary>
    public string Okta(string prefix, string name) => prefix + Text($"okta/{prefix}/{name}", 17);

    /// <summary>ServiceNow: 32 hexadecimal digits.</summary>
    public string ServiceNow(string name) => Convert.ToHexStringLower(Hash($"servicenow/{name}").AsSpan(0, 16));

    /// <summary>Jira account: 24 hexadecimal digits.</summary>
    public string JiraAccount(string name) => Convert.ToHexStringLower(Hash($"jira/{name}").AsSpan(0, 12));

    /// <summary>Salesforce: three characters for the object, twelve for the record, three check characters.</summary>
    public string Salesforce(string prefix, string name) => WithCheck(prefix + Text($"salesforce/{prefix}/{name}", 12));

    /// <summary>The 18-character form of a 15-character Salesforce id: each check character encodes which of five characters are upper case.</summary>
    public static string WithCheck(string id15)
    {
        Span<char> check = stackalloc char[3];
        for (var block = 0; block < 3; block++)
        {
            var bits = 0;
            for (var i = 0; i < 5; i++)
            {
                bits |= char.IsAsciiLetterUpper(id15[(block * 5) + i]) ? 1 << i : 0;
            }

            check[block] = CheckAlphabet[bits];
        }

        return string.Concat(id15, check);
    }

    /// <summary>An object id of Microsoft Graph: a GUID.</summary>
    public string Guid(string name) => new Guid(Hash($"guid/{name}").AsSpan(0, 16)).ToString();

    /// <summary>Slack: a letter for the kind and ten capital letters or digits.</summary>
    public string Slack(char kind, string name) => kind + Text($"slack/{kind}/{name}", 10).ToUpperInvariant();

    /// <summary>Workday: 32 hexadecimal digits.</summary>
    public string Workday(string name) => Convert.ToHexStringLower(Hash($"workday/{name}").AsSpan(0, 16));

    /// <summary>A text that nobody can guess, whatever the seed.</summary>
    public static string Secret(int length) => RandomNumberGenerator.GetString(Base62, length);

    public string Text(string name, int length)
    {
        var bytes = Hash(name);
        var text = new StringBuilder(length);
        for (var i = 0; i < length; i++)
        {
            text.Append(Base62[bytes[i % bytes.Length] % 62]);
        }

        return text.ToString();
    }

    private byte[] Hash(string name) => SHA256.HashData(Encoding.UTF8.GetBytes($"{salt}/{name}"));
}
