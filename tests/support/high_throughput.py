"""High-throughput JPEG 2000 (ITU-T T.814), which no library at hand writes: two codestreams of a drawn picture, made with OpenJPH.

`ojph_compress -reversible true -prog_order RPCL` and `ojph_compress -qstep 0.05` (openjph-tools 0.9) of `drawn()`.
"""

from __future__ import annotations

import base64
import zlib

import numpy as np

from tests.support.hostile_files import Picture

_LOSSLESS = (
    "eNq1VglYU1cWvi8LICAiuOCgFZQRoQpi1dYCQ0RAggpoSFUQjSKCdZkAg1ECJOXTDjKuoFiUpQiRIZVxwaiAwBvLqCASRAekEqE1jCwxqCxRAnl9LwskISzOfHPezck5dz"
    "n3vHP+e+5D/JANwJEEUHqr/KlIU8frQ5CiIf7AAODQLiKyERijEgQRCQQShGwF5lababRwVaNt3kxDdoEZAPKjhx7w8fe2+iY00mqJw0qHJQ7IaWCImTWPAxCSAhvdQlgW"
    "UEu6qbvBMbPlf7u2zWx+LtsjwfuIVXrIldyKK8Q6c+g7PL4+yianv2Z3aVhsjXdo8vUbEGxU9nrRWp/0Er7x6ubbO89ZVFOvtvvc2vGFl2jD+qcuwbuNvYJu/ovZWusUOu"
    "dqxEfA/t7+awLZhH+HEVbpZbMBM1DHviU48Oorg6RLodaJl2A7elLTpd4oyL+YZrZw7VmqcN4WCwv91S15eJEXPWTJRmNK1Q8LrLwuZw+C3s7e83cbOh153HNzT98XOhVC"
    "MLEAzKgG9jCMP77czInrMasHsgz3Wjq9OZXJFIHrLu6/wq6IW8J6b5Gwj0/xW8+NMjm/Ih4cqf5ZDIS8WZ1/BzCxlkR8AuPuhkP+P2WzI9tmPz//vgsY/0Hq7e9gVvfB5d"
    "RONjngNxZ4zX1klZJtTAjKLJG8PLnuiSA4NaijvrBgWc8LwuzGBNsVLBADSzqW8kUmnjnGbXGHUdP7QLBpcfvliweaHI7WFp+5AzhcLjeAyuHaU/cW8OpRhdvfNoOXEfA0"
    "4EUlPwuzARPrScRGGFcbZZq1KtYwwoRnHaf3jpLY3MJ/8M/5iGfqYCSzt7Kr+tSr+d4tf/HD/1hGvggVfMOWUfdb5soQNxvA5da9kb07drCZVxBmtkaU8qcYibj0vEM9r7"
    "Lx33N5ztK1Ap7oBm7PtzJkagM7/0lqbqTZgzh03zZ/KCYALKYx006kNYau2F3jarFs37ajXpOb71cXPdpXnc5cYvFFnnvOhT3/eSBbBUXwO3PgN+mH5kQemn0m1b3IBW0m"
    "03rKyFkQk6EfYrDqg4BKrTr3dRhxHZXJYDAkNGPrXOyNt+ZH1cje/RBcsDewBoBTz4Fe7EDm4HvmYiNewd4tTWekCcYyGLi+qBTdwT3eWpZdifqZNNPSJtTGwem+96O/Rq"
    "Bp/4VEbKMlTrZ4zp6s1X7mD+CNTrK2ZuprNUJPMTkT4nHlZDhVQVqq7N13KieEkq6U5jK/0OyDaIdzslss5qKkUsTDwcT2Wog5DSw2pcaca6Tu3pQWHHow49dZZYk/Vf9j"
    "aUmVyL6w05j/VswaoFS0uvgtuu6c/xuDUiHOOybwMy/OtF333uXGaYmtndiX0pSeV7TSLzLCIaouAo+w3HJtyDsRlj5gn7YhmwGAsNBH346cTMCOrmmyDfk9EtOYtjewHv"
    "UpsL4wpdG2fFdmNydLwJRsG2wojxaVBL7Yrhi7Gt0lYNaQu7Apad3YWCl+9WOEuVpMe3ByUdGZpJle29Gkd9VCcdOBUTgCOL+wPDiB0jUBXN6QkOU/fT+/6IkP8Mmvl63x"
    "RtnUc9++mbtBKdgGcAKjDizjBFK4yzHG63RDTPKKnPPFviJmSvGpSAalKeOZxDbatbIpKKXkszZxXsYchS7wkw9OIRldrDuELy0pKZFm1658nR51qAyVLbFkXH8SiB6SPr"
    "a7h4eHSKCiKUdrsGmJQ3SiXj4NDcwFRVhQ2AMmABIRwL+ke/DlaYz/6CoV9gUXKENXw5enswZAXc+BfjkNzOqWJ/c2gRg+h9iPRWnXzRPzwaJAr3uvcsBCUy8qCjoRHWK+"
    "raurW7B/gg2FQAcah0yhWBGU8ZTuZw7mdQy8RKxB1ZokFmhQmiYNasQhTPnmkjGCIKnsarYtV8H7OgEm9twF27fBxNy0dLvIyw/T5oUlaQpF86KqK0Z2y4XP359AWANhyO"
    "EshDatdaUv5ayCuU7Li17p2xGZ8azVOb+KQTkrzrMT+FKK04e6XWVrPJ3UdB3TIhxd78UT5adizR/J6HFItnFU/E1Su0fZ6+RdqrYrVfFPABr0FmH1l0vcAJikOk7Ywa/I"
    "HExm9ilOTWb3sDioJaIHDZtvCkCqfG2E+qS7Qg0rasfzlr41Gh7pQ+Tw9nueRhvJhgv9UVz148HM9isgyCoE7DhhTTjCOf5JbIGBkEOz8PmcRNpcZeH+qSw8gbTZ8PtslB"
    "3h6GIDaDJZyKFo53yBbweDUpzxTJyHKSfVFd9RlZOiiUx7VYvrrsXF6u0wsD6CfpLI2WOKHefsRh85a29QG1ilLrsPT7LzVBuwvjckabLsw/bDKzijTLL2Xqg2aUABFdwQ"
    "TFTsSguYEo9eVVJFtWm+BqYc1lTjdarDZ3AYeTD4bJANmH1DJemzbk0VG63RVNFRUdmkKTPnDihBBS9sgw1DUGbkBbCK1TcbbI9lC4W73Bf8P5ocGsyx0v+/K3uMLrjH6G"
    "EfEKOTp8dY1Ccei5ISx6LRUy8eUVl1i7py3TSi7uoWRdcMWvR6SpvFfMYdqNQxxqRnf9sACICJG4E9iaqbopejOXHEaqRhZHqeXRXKDFVFWBf76h4dL6+orCzFtxC3/yOm"
    "wUOzjj1UGdLFzFTLldvSDcearVjCxOlwGts1XnOxoS53Y3BD+7Hc9FTlHNNaEZJSI2gV7JpUFvY5pKjCQ4LoNt5AfmH0D1uUW/2gNLOpXMcq9VvgGl5zpfIJRWJVfhFHLB"
    "/pxk25lQea91ML2jcXoSm1Ua4h7LJpD1OaKZSb6WJVbAEfMClIZrAFi8tihE7YAlr0eoM7pE8ll2l6fXEd0oYvr72FNoHp4YCr8xWwx/xHVQ3MVyAKDOcmZ0xIReB91Ory"
    "CHapV7WHAmoqs3TOqDZRxsbRxzarYAoUEseypDQXi9N+ZTdI096gHJRAC8A5Ot6YicO+YbVIOvW4032LkCEm1UQpStoFXq7OCxu1IBQSFqnM7c4buWGJBnwjR68xWpdIEV"
    "6H99qG1VCtP07hUnf5rsq2djQ04zKMda1o6FYTFrBUG5TjWxXAh0EgECqQD1CxVYF9gGG/J6PdsvZLFtuygZH/5+CXuRpfiGpNifNxoKPKunsEfjRDWjV0HDt0/Oje0Cew"
    "nokb1Yn4CSyPwUnEY5NME7mfln/JeIYnglg1izz8RNz9r+E6nrvDSJ2ou0jj76TnQKI="
)

_LOSSY = (
    "eNplVAtQk0cQ3svDILUUKyQypQMqSqoSUqCgkJSUoogwQkCqMryspW2aKg+JQtE8VGbodOoAdlIKCBbtgB0etUopYYBfqjzEAUdFhlZMKhYoRIIFyWhCrpdA2jrd3X/vdv"
    "/d79/duf9wDBaDrwgIzSw9dnrRprMQWhQcCw5AIy5PHAcryA4hJoMhApwE69buXhU/TfhGNERD1ES4kHCs4LbgtlAQUEt4F/4A2IBiMtMP7Yzd4fleerYnn7eVx+fhInC0"
    "foZxCxA+Q3HOKVs7uO7dWUkclefqZeL9osI7PerX+AzHLcu/CncQVY2cDisOB/Z3O6K8dtcZT/Ld+14/4J5ax3+4cCBky9rVw/uKEcWpBsnzpNOjq9ZHOd99amrom4vj9Q"
    "VEK2R7sga7MoStCRvKozXHBkxC8VtuV4X5jfO+Ksm5Z0jW84lDt/TeK5s71qgfiS8RnBrwio8rKbw2Pis42Mpf8YVym8rT48GpiN43DxWUX70+1pVdH7dhsPfyNyJucRuD"
    "8KlgWggtCF0JDaBoF16meww13ktRsdSpRV0A4iuIYtehj5Uz9FsRM3su0VcFszlhlD/rgsTvOIzkYGSZWHZEps072Ow2fwwo9n2U48zcIRr24QbE6DrmwpUD26K9I0L6g9"
    "t+DXAZfF8BhsuFnSe26+c8Kry+ZK4sGTOppAfL6A2BP/ob1YGjMSCc+guyE1tqgHLNZP7E4Zk+dXonx1w8AbOCjYFd/c9wUOvyC/sNv8nHJTU+3x8e+zpQDhSvGkkgdVzW"
    "Xqr+MGU8PXFywHK+aoileiDRyXp1RyyVcS0CXovAKdg3sgLh41rLkLsDTDVoimI5aZoqkt+OZDOOVGpTSlM731Gqn09o5owUXR4wi7Nu3tj+NievpmDIO6C2+3q9RcBT3K"
    "EetvlGVqHQ9b30HsyawV4l5HgpLE9O8O411X/0asTjzc+wHKcP1ksT+0fnb1puGzP0P9AkFrxySLVueS6/DCgfLnMQytz8TNqOMzn557uCSlyceisB84wogYkzXKH2ueVJ"
    "X1O9dN+gR6tBa9DqNVbjvnxSKzOE6tsRlVw6KxiYNVeO51VixWMsd+HGfhumqdh0sXNJvRFf8FJ2ZrP3ksoarc6lUSmfo6OxrqJfbNRl037+JJsVf//sXaM313RGU/louq"
    "Yl5OL0rsl8q/GHx5oXbGJsvXi4+ggd00GJNyUs4FCAvQlP8WfDpeymOhGg/Eb51IOjybIhInGgJj56g+ZPqVZjnO4nQy+nLeD8d6fTGIxIoBIzOUkASoPFqHQkHdQyiRbr"
    "EFYsMQG1/mmmBdPCuA0wWeZJ7OCphlaT0WS04qlplGavq/NGWEwxK/BOrFB6WcdRYMMscbHvxYZFZJED2Feqjce8K6r1t5GfTQPozFLyNtdajC3TwY7138X5/y6u+Hc9HQ"
    "Gp0IwVJq25kQJkLdPGA6Ru+YJlkWc7afYKziW7OyrtDZuwPFUHwLJPD0BDWiRy9p/K4WefXB8vDrkGbVkGnEaiFoOmGq4hsLUWaia3oM1XhKwDtIb62iL/jV2UPgR4+G+B"
    "EHws"
)


def drawn() -> Picture:
    """Nine patches of the colours of skin and veins."""
    rows, cols = np.indices((240, 240))
    down, across = rows // 96, cols // 80
    channels = (170 + 20 * down + 7 * across, 110 + 18 * across - 5 * down, 90 + 25 * ((down + 2 * across) % 3))
    return np.stack(channels, axis=-1).astype(np.uint8)


def lossless() -> bytes:
    """Of colours turned into luma and differences that lose nothing (RCT)."""
    return zlib.decompress(base64.b64decode(_LOSSLESS))


def lossy() -> bytes:
    """Of colours turned with rounding (ICT)."""
    return zlib.decompress(base64.b64decode(_LOSSY))
